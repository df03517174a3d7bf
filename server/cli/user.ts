import { loadConfig } from '../platform/config/config.ts';
import { type Command, exitCodes, optional, printPairs, readArgs, required, UsageError } from './command.ts';
import { chosenTenant, withApp } from './open.ts';

export const userRecover: Command = {
  help: `payorcrm user recover --email ADDRESS [--json] [--tenant ID]

For somebody who has lost the password or the phone with the codes: turns two-step sign-in off for this user and prints
a link, good once and for 30 minutes, that sets a new password. It is written to the audit log.

  --email    the address the user signs in with
  --json     one object: reset_url, two_step_was_on
  --tenant   the company's id or name; needed when there are several`,
  async run(args) {
    const { options } = readArgs(args, { email: { type: 'string' }, json: { type: 'boolean' }, tenant: { type: 'string' } });
    const email = required(options, 'email');
    return withApp(loadConfig(process.env), async (app) => {
      const { recoverStaffUser } = await import('../modules/identity/index.ts');
      const { inTenant, systemActor } = await import('../platform/context.ts');
      const tenant = await chosenTenant(app, optional(options, 'tenant'));
      const recovered = await inTenant(app.platform, tenant.id, systemActor, (ctx) => recoverStaffUser(ctx, email));
      if (!recovered) throw new UsageError(`${tenant.name} has no user ${email} who may sign in.`);
      const answer = { reset_url: recovered.url, two_step_was_on: recovered.twoStepWasOn };
      if (options['json']) console.log(JSON.stringify(answer));
      else printPairs(Object.entries(answer).map(([name, value]) => [name, String(value)]));
      return exitCodes.ok;
    });
  },
};
