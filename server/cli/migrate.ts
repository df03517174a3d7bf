import { loadConfig } from '../platform/config/config.ts';
import { type Command, exitCodes, readArgs } from './command.ts';
import { migrateOrExplain, openDatabaseOf } from './open.ts';

export const migrateCommand: Command = {
  help: `payorcrm migrate

Brings the database (DATABASE_URL, else the embedded one) to the newest schema and says what was applied. "serve" does
the same at its start; run this first when several processes start at once.`,
  async run(args) {
    readArgs(args, {});
    const database = await openDatabaseOf(loadConfig(process.env), (message) => console.log(message));
    try {
      const applied = await migrateOrExplain(database.url);
      for (const name of applied) console.log(`applied ${name}`);
      if (applied.length === 0) console.log('The database is up to date.');
      return exitCodes.ok;
    } finally {
      await database.close();
    }
  },
};
