import { formatSize } from '../../config/sizes.ts';
import { verdictIn } from '../show/words.ts';
import { escapeLine } from '../terminal/escape.ts';
import type { Output } from '../terminal/output.ts';
import type { Pushed } from './push.ts';

export function tellSummary(out: Output, { version, files, bytes, sent_files, sent_bytes }: Pushed): void {
  const { model, number, state, digest, verdict } = version;
  const known = files - sent_files;
  const sent = `${formatSize(sent_bytes)} sent${known > 0 ? `, ${known} ${known === 1 ? 'file' : 'files'} known already` : ''}`;
  out.lines(
    escapeLine(
      `${model}/${number} is ${state}: ${files} ${files === 1 ? 'file' : 'files'}, ${formatSize(bytes)} (${sent})`,
    ),
    ...(digest ? [`digest   ${digest}`] : []),
    `verdict  ${verdictIn(verdict)}`,
  );
}
