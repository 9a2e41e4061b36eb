import { readFile } from 'node:fs/promises';

/** `_SC_CLK_TCK` of Linux, which `/proc` counts CPU time in. */
const TICKS_PER_SECOND = 100;

/** The CPU time that a process has used (Linux), in milliseconds. */
export async function cpuMs(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1_000) / TICKS_PER_SECOND;
}
