/** What commands are given: what is mistyped, or asked of a command that doesn't take it, must not be ignored. */
import { type ParseArgsConfig, type ParseArgsOptionDescriptor, parseArgs } from 'node:util';

export function refuse(fault: string): never {
  process.stderr.write(`${fault}\n`);
  process.exit(2);
}

const described = ([name, { type, default: given = '…', multiple = false }]: [string, ParseArgsOptionDescriptor]) =>
  `[--${name}${type === 'boolean' ? '' : ` ${given}`}]${multiple ? '…' : ''}`;

/**
 * Like parseArgs, but `--help` says how the command is used, and so does whatever it doesn't take, in one line; both end the
 * process.
 * @param usage how it is called, with its arguments: the options are added
 * @param count how many arguments besides options it takes, at least and at most
 */
export function readOptions<const Config extends ParseArgsConfig>(
  usage: string,
  config: Config,
  [least, most]: readonly [number, number] = [0, 0],
): ReturnType<typeof parseArgs<Config & { allowPositionals: true }>> {
  const options = Object.entries(config.options ?? {}).map(described);
  const head = options.length > 0 && !usage.includes(' -- ') ? `${usage} --` : usage;
  const how = `Usage: ${[head, ...options].join(' ')}`;
  if (process.argv.includes('--help')) {
    process.stdout.write(`${how}\n`);
    process.exit(0);
  }
  try {
    const parsed = parseArgs({ ...config, allowPositionals: true as const });
    const { length } = parsed.positionals;
    if (length < least) return refuse(`An argument is missing. ${how}`);
    if (length > most) return refuse(`Unexpected argument '${parsed.positionals[most]}'. ${how}`);
    return parsed;
  } catch (error) {
    const [fault] = error instanceof Error ? error.message.split(/\.\s/) : [];
    return refuse(`${fault}. ${how}`);
  }
}
