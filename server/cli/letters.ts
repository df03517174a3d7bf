import { loadConfig } from '../platform/config/config.ts';
import { type Command, exitCodes, optional, readArgs, required } from './command.ts';
import { chosenTenant, withApp } from './open.ts';

export const lettersPrint: Command = {
  help: `payorcrm letters print --out FILE [--printed] [--json] [--tenant ID]

Puts the letters that wait into a print batch and writes them as one PDF. Letters with nothing left to ask for are
withdrawn; letters without a postal address wait on (exit code 3).

  --out      the PDF to write; not written when nothing is left to print
  --printed  says at once that they were printed; without it a person does so in the staff app
  --json     {batch, letters, withdrawn, withoutAddress, file}
  --tenant   the company's id or name; needed when there are several`,
  async run(args) {
    const { options } = readArgs(args, { out: { type: 'string' }, printed: { type: 'boolean' }, json: { type: 'boolean' }, tenant: { type: 'string' } });
    const out = required(options, 'out');
    return withApp(loadConfig(process.env), async (app) => {
      const { printLetters } = await import('../modules/reminders/index.ts');
      const { systemActor, workFor } = await import('../platform/context.ts');
      const { writeFile } = await import('node:fs/promises');
      const tenant = await chosenTenant(app, optional(options, 'tenant'));
      const result = await printLetters(workFor(app.platform, tenant.id, systemActor), (bytes) => writeFile(out, bytes), options['printed'] === true);
      const { batch, letters, withdrawn, withoutAddress } = result;
      if (options['json']) console.log(JSON.stringify({ batch, letters, withdrawn, withoutAddress, file: batch === null ? null : out }));
      else {
        console.log(batch === null ? `${tenant.name}: no letter is left to print` : `${tenant.name}, batch ${batch}: ${letters} letters in ${out}`);
        if (withdrawn > 0) console.log(`  withdrawn, nothing left to ask for: ${withdrawn}`);
        if (withoutAddress > 0) console.log(`  waiting, without an address: ${withoutAddress}`);
      }
      return withoutAddress > 0 ? exitCodes.findings : exitCodes.ok;
    });
  },
};
