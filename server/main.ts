/** The command line. Each command is loaded when it is asked for, so that none pays for the others. */
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { exitCodes, loadCommand, overview } from './cli/commands.ts';
import { UsageError } from './cli/command.ts';

// the stripped and compiled code of the last start: half of the time that a start takes
enableCompileCache(process.env['NODE_COMPILE_CACHE'] ?? join(import.meta.dirname, '../node_modules/.cache/compile'));

async function main(args: string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    const topic = name === 'help' ? rest : [];
    if (topic.length === 0) {
      console.log(overview());
      return name === undefined ? exitCodes.usage : exitCodes.ok;
    }
    return main([...topic, '--help']);
  }
  if (name === '--version' || name === '-V') {
    console.log((await import('./version.ts')).VERSION);
    return exitCodes.ok;
  }
  const found = await loadCommand(name, rest);
  if (!found) throw new UsageError(`There is no command "${name}". Run: payorcrm --help`);
  const { command, args: given } = found;
  if (given.includes('--help') || given.includes('-h')) {
    console.log(command.help);
    return exitCodes.ok;
  }
  return command.run(given);
}

/** What goes wrong in the operator's terms is one line; a bug shows where it is. */
function explain(error: unknown): number {
  const known = error as { name?: string; code?: string; message?: string };
  if (known.name === 'UsageError' || known.code?.startsWith('ERR_PARSE_ARGS') || known.name === 'ConfigError') {
    console.error(known.message);
    return exitCodes.usage;
  }
  const expected =
    ['Problem', 'Failure'].includes(known.name ?? '') || ['EADDRINUSE', 'EACCES', 'ENOENT', 'ECONNREFUSED', 'ENOTFOUND'].includes(known.code ?? '');
  console.error(expected ? known.message : error);
  return exitCodes.failed;
}

// finished commands end even when a pool or a timer is left
process.exit(await main(process.argv.slice(2)).catch(explain));
