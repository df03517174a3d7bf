import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';

/** A setting has a value that cannot be used. The message is one line: which setting, and what is expected. */
export class ConfigError extends Error {
  readonly setting: string;
  constructor(setting: string, expected: string) {
    super(`${setting}: ${expected}`);
    this.name = 'ConfigError';
    this.setting = setting;
  }
}

export type ProcessRole = 'web' | 'worker';
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

const GIB = 1024 ** 3;

const wholeNumber = (least: number, most: number, expected: string) =>
  z
    .string()
    .regex(/^\d{1,15}$/, expected)
    .transform(Number)
    .refine((n) => n >= least && n <= most, expected);

const urlOf = (schemes: string[], expected: string) =>
  z.string().refine((text) => {
    try {
      // libpq's form for a Unix socket may have no host, which WHATWG URLs do not know
      return schemes.includes(new URL(text.replace('@/', '@localhost/').replace(':///', '://localhost/')).protocol.slice(0, -1));
    } catch {
      return false;
    }
  }, expected);

/** Every setting of the program: name, form, default, and what it does. `payorcrm doctor` prints this list. */
export const settings = {
  PORT: {
    schema: wholeNumber(0, 65535, 'expected a port number from 0 to 65535').default(3000),
    does: 'port that the web server listens on',
  },
  HOST: {
    schema: z
      .string()
      .regex(/^[A-Za-z0-9.:_-]+$/, 'expected an address or a host name such as 127.0.0.1')
      .default('127.0.0.1'),
    does: 'address that the web server listens on; 0.0.0.0 for all',
  },
  PUBLIC_URL: {
    schema: urlOf(['http', 'https'], 'expected an address such as https://billing.example.com').optional(),
    does: 'address under which people reach the server; it stands in mails and pay links',
  },
  DATA_DIR: { schema: z.string().min(1, 'expected a folder').default('./.data'), does: 'folder for files, the secret key and the embedded database' },
  DATABASE_URL: {
    schema: urlOf(['postgres', 'postgresql'], 'expected an address such as postgresql://user:password@host/database').optional(),
    does: 'PostgreSQL 15 to 18 to use instead of the embedded one',
  },
  SMTP_URL: {
    schema: urlOf(['smtp', 'smtps'], 'expected an address such as smtps://user:password@mail.example.com').optional(),
    does: 'mail server for companies that have not set their own',
  },
  MAIL_PRIVATE_HOSTS: {
    schema: z
      .enum(['0', '1'], 'expected 0 or 1')
      .default('0')
      .transform((text) => text === '1'),
    does: 'lets companies name mail servers inside this network; 0: on the public internet only',
  },
  DNS_SERVERS: {
    schema: z
      .string()
      .transform((text) => text.split(',').map((part) => part.trim()))
      .refine(
        (servers) => servers.every((server) => /^(?:[\d.]+|\[[\da-f:]+\])(?::\d{1,5})?$|^[\da-f:]+$/i.test(server)),
        'expected addresses such as 192.0.2.53 or 192.0.2.53:5353',
      )
      .optional(),
    does: 'name servers that the check of a sender domain asks, instead of those of this machine',
  },
  SECRET_KEY: {
    schema: z.string().min(32, 'expected at least 32 characters; the same in every process').optional(),
    does: 'encrypts stored credentials and signs links; made in DATA_DIR when absent',
  },
  ROLES: {
    schema: z
      .string()
      .transform((text) => [...new Set(text.split(',').map((part) => part.trim()))])
      .pipe(z.array(z.enum(['web', 'worker'], 'expected web, worker or web,worker')).min(1))
      .default(['web', 'worker']),
    does: 'what this process does: web, worker or both',
  },
  LOG_LEVEL: {
    schema: z.enum(logLevels, `expected one of ${logLevels.join(', ')}`).default('info'),
    does: 'how much is logged',
  },
  UPLOAD_MAX_BYTES: {
    schema: wholeNumber(1024, 64 * GIB, 'expected a number of bytes from 1024 to 68719476736').default(GIB),
    does: 'largest body of one upload',
  },
  UPLOAD_MAX_ROWS: {
    schema: wholeNumber(1, 100_000_000, 'expected a number of rows from 1 to 100000000').default(2_000_000),
    does: 'most rows in one upload',
  },
  HISTORY_MONTHS: {
    schema: wholeNumber(1, 1200, 'expected a number of months from 1 to 1200').default(25),
    does: 'how far back days can be explained and replayed; older versions of changed rows are removed',
  },
  CHECK_RESPONSES: {
    schema: z
      .enum(['0', '1'], 'expected 0 or 1')
      .default('0')
      .transform((text) => text === '1'),
    does: 'checks every answer of the API against its schema (used by the tests)',
  },
} as const;

/** Settings whose values are never shown, and URLs of which the password is cut out. */
export const secretSettings = new Set(['SECRET_KEY']);

/** What a process runs with; made once by {@link loadConfig}. */
export interface Config {
  port: number;
  host: string;
  /** Without a slash at its end. */
  publicUrl: string;
  /** Absolute. */
  dataDir: string;
  /** Null: the embedded database. */
  databaseUrl: string | null;
  smtpUrl: string | null;
  /** Companies may name mail servers that are not on the public internet. */
  mailPrivateHosts: boolean;
  /** Null: the name servers of this machine. */
  dnsServers: string[] | null;
  secretKey: string;
  roles: ProcessRole[];
  logLevel: (typeof logLevels)[number];
  uploadMaxBytes: number;
  uploadMaxRows: number;
  /** Months for which the past of small tables is kept. */
  historyMonths: number;
  checkResponses: boolean;
}

/**
 * Reads the settings. An empty value counts as absent. Makes DATA_DIR and its secret key when they are missing.
 * Throws {@link ConfigError} with one line for the first setting that is wrong.
 */
export function loadConfig(env: Record<string, string | undefined>): Config {
  const values: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(settings)) {
    const text = env[name]?.trim();
    const result = setting.schema.safeParse(text === '' ? undefined : text);
    if (!result.success) throw new ConfigError(name, result.error.issues[0]?.message ?? 'cannot be used');
    values[name] = result.data;
  }
  const port = values['PORT'] as number;
  const host = values['HOST'] as string;
  const dataDir = resolve(values['DATA_DIR'] as string);
  const publicUrl = (values['PUBLIC_URL'] as string | undefined) ?? `http://${shownHost(host)}:${port}`;
  return {
    port,
    host,
    publicUrl: publicUrl.replace(/\/+$/, ''),
    dataDir,
    databaseUrl: (values['DATABASE_URL'] as string | undefined) ?? null,
    smtpUrl: (values['SMTP_URL'] as string | undefined) ?? null,
    mailPrivateHosts: values['MAIL_PRIVATE_HOSTS'] as boolean,
    dnsServers: (values['DNS_SERVERS'] as string[] | undefined) ?? null,
    secretKey: (values['SECRET_KEY'] as string | undefined) ?? secretKeyOf(dataDir),
    roles: values['ROLES'] as ProcessRole[],
    logLevel: values['LOG_LEVEL'] as Config['logLevel'],
    uploadMaxBytes: values['UPLOAD_MAX_BYTES'] as number,
    uploadMaxRows: values['UPLOAD_MAX_ROWS'] as number,
    historyMonths: values['HISTORY_MONTHS'] as number,
    checkResponses: values['CHECK_RESPONSES'] as boolean,
  };
}

function shownHost(host: string): string {
  if (host === '0.0.0.0' || host === '::' || host === '127.0.0.1') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}

/** Reads the key kept in the data folder, or makes it; of two processes that start at once, both get the first one's. */
function secretKeyOf(dataDir: string): string {
  const file = join(dataDir, 'secret.key');
  try {
    mkdirSync(dirname(dataDir), { recursive: true });
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new ConfigError('DATA_DIR', `expected a folder that can be written, but ${(error as Error).message}`);
  }
  try {
    return checkedKey(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw unreadableKey(error);
  }
  const draft = `${file}.${process.pid}`;
  try {
    writeFileSync(draft, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600 });
    try {
      linkSync(draft, file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      unlinkSync(draft);
    }
    return checkedKey(file);
  } catch (error) {
    throw unreadableKey(error);
  }
}

function unreadableKey(error: unknown): Error {
  return error instanceof ConfigError ? error : new ConfigError('DATA_DIR', `expected a folder with a readable secret.key, but ${(error as Error).message}`);
}

function checkedKey(file: string): string {
  const key = readFileSync(file, 'utf8').trim();
  if (key.length < 32) throw new ConfigError('SECRET_KEY', `expected at least 32 characters in ${file}`);
  return key;
}

/** A setting's value for a person's eyes: secrets and passwords are cut out. */
export function hidden(name: string, value: string): string {
  if (secretSettings.has(name)) return '(hidden)';
  return value.replace(/(:\/\/[^:@/]*:)[^@]*@/, '$1(hidden)@');
}
