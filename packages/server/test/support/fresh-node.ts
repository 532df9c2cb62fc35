import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Runs a module in a Node.js of its own, with these flags of V8, and answers what it printed as JSON. */
export async function runInFreshNode(script: string, ...flags: string[]): Promise<unknown> {
  const args = [...flags, '--no-warnings', '--input-type=module', '--eval', script];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout);
}
