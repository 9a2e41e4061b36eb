/**
 * V8's options for a process that opens embedded databases for seconds: to optimize their WebAssembly takes longer than it saves.
 */
export const SHORT_LIVED = ['--no-wasm-tier-up', '--no-wasm-dynamic-tiering'];
