import { open } from 'node:fs/promises';
import type { Inspection, Signature } from '../../src/contract/artifact.ts';
import type { Inspector } from '../../src/formats/inspector.ts';
import { RULES_VERSION } from '../../src/formats/rules-version.ts';

/**
 * An inspector whose findings the bytes themselves name: `verdict=unsafe format=pickle` at the start of a file. Only so
 * can a test say what a file is without being about the formats.
 */
export function tellingInspector(signatures: Record<string, Signature> = {}): Inspector & { delayMs: number } {
  return {
    delayMs: 0,
    async inspectFile(file) {
      if (this.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.delayMs));
      const handle = await open(file);
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(200), 0, 200, 0);
      await handle.close();
      const said = (key: string) => new RegExp(`\\b${key}=([a-z0-9-]+)`).exec(buffer.toString('latin1', 0, bytesRead));
      const verdict = (said('verdict')?.[1] ?? 'clean') as Inspection['verdict'];
      const signature = signatures[said('signature')?.[1] ?? ''];
      return {
        format: said('format')?.[1] ?? 'text',
        media_type: 'application/octet-stream',
        facts: { bytes: bytesRead },
        findings:
          verdict === 'clean'
            ? []
            : [{ rule: 'test.said', severity: 'info', where: 'byte 0', what: `the file says ${verdict}` }],
        verdict,
        rules_version: RULES_VERSION,
        ...(signature && { signature }),
      };
    },
    close: async () => {},
  };
}
