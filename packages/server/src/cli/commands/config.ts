import { Command } from 'commander';
import { readConfig } from '../../config/load.ts';
import { maskSecret, maskSecrets } from '../../config/mask.ts';
import { blobFolder, databaseUrl } from '../../config/places.ts';
import { configParts, orMisused, withConfig } from '../config-flags.ts';
import { action, withExamples, withOutput } from '../run.ts';
import { toJson } from '../terminal/escape.ts';
import { pairs } from '../terminal/table.ts';

export function command(): Command {
  const config = withOutput(withConfig(new Command('config')))
    .description('Show the configuration in effect as JSON, passwords masked.')
    .option('--sources', 'where each value comes from')
    .action(
      action(async (out, options: Record<string, unknown>) => {
        const { config, sources } = orMisused(() => readConfig(configParts(options)));
        const masked = maskSecrets(config);
        const effective = { ...masked, database: maskSecret(databaseUrl(config)), blobs: `file:${blobFolder(config)}` };
        if (!options.sources) {
          out.document(effective);
          return out.lines(toJson(effective, 2));
        }
        out.document({ config: effective, sources });
        out.lines(
          ...pairs(
            Object.entries(sources).map(([path, source]) => [path, `${toJson(valueAt(effective, path))}  (${source})`]),
          ),
        );
      }),
    );
  return withExamples(
    config,
    'assayer config',
    'assayer config --sources',
    'ASSAYER_LIMITS__ARTIFACT_BYTES=8GiB assayer config --port 8080 --sources',
  );
}

function valueAt(value: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], value);
}
