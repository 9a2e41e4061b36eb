/**
 * V8 options for a process that uses embedded databases only briefly: optimizing their WebAssembly would take longer than it saves.
 */
export const SHORT_LIVED = ['--no-wasm-tier-up', '--no-wasm-dynamic-tiering'];
