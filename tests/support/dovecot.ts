import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { makeCertificate } from './certificate.ts';

const places = ['/usr/sbin/dovecot', '/usr/local/sbin/dovecot', '/opt/homebrew/sbin/dovecot'];

/** Installs Dovecot from the system's packages where that is possible; answers where it is, or throws with what to do. */
function dovecotPath(): string {
  const found = () => process.env['DOVECOT'] ?? places.find((place) => existsSync(place));
  if (found() === undefined && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    spawnSync('apt-get', ['update', '-qq'], { env, stdio: 'ignore', timeout: 300_000 });
    spawnSync('apt-get', ['install', '-y', '--no-install-recommends', 'dovecot-imapd'], { env, stdio: 'ignore', timeout: 300_000 });
  }
  const path = found();
  if (path === undefined) throw new Error('Dovecot is missing: install the package dovecot-imapd, or set DOVECOT to the path of dovecot.');
  return path;
}

export interface ImapServer {
  host: string;
  /** STARTTLS is offered on this one. */
  port: number;
  /** TLS from the start. */
  tlsPort: number;
  password: string;
  /** PEM of the authority that signed its certificate. */
  authority: string;
  /** Puts messages straight into the user's mailbox, as a delivery agent does. Names are unique in the mailbox. */
  deliver(user: string, messages: readonly Buffer[], options?: { folder?: string; seen?: boolean; at?: Date }): void;
  /** Forgets the numbers of a mailbox: the next look gives it a new UIDVALIDITY. */
  renumber(user: string): void;
  stop(): Promise<void>;
}

async function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}

/** Waits until it takes connections; an end before that is told with what it logged. */
async function listening(child: ChildProcess, port: number, log: () => string): Promise<void> {
  const until = performance.now() + 30_000;
  for (;;) {
    if (child.exitCode !== null || performance.now() > until) throw new Error(`dovecot did not start: ${log().slice(-2000)}`);
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A real IMAP server for this test, with a folder, ports and a certificate of its own. Every user name has a mailbox. */
export async function startDovecot(): Promise<ImapServer> {
  const program = dovecotPath();
  const folder = mkdtempSync(join(tmpdir(), 'payorcrm-dovecot-'));
  const [port, tlsPort, password] = [await freePort(), await freePort(), 'the-mailbox-word'];
  const certificate = makeCertificate(folder, ['localhost', '127.0.0.1', 'imap.seller.test']);
  const me = userInfo();
  // root may own no mailbox: then mail belongs to nobody, and the helpers run as the package's users; else all is ours
  const owner = me.uid === 0 ? { uid: 65534, gid: 65534 } : me;
  const users =
    me.uid === 0
      ? 'first_valid_uid = 1'
      : `default_internal_user = ${me.username}\ndefault_internal_group = ${spawnSync('id', ['-gn'], { encoding: 'utf8' }).stdout.trim()}\ndefault_login_user = ${me.username}`;
  writeFileSync(
    join(folder, 'dovecot.conf'),
    `base_dir = ${folder}/run
state_dir = ${folder}/state
log_path = ${folder}/log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <${certificate.certFile}
ssl_key = <${certificate.keyFile}
disable_plaintext_auth = no
auth_mechanisms = plain login
${users}
mail_location = maildir:${folder}/mail/%u
mail_fsync = never
mail_max_userip_connections = 100
passdb {
  driver = static
  args = password=${password}
}
userdb {
  driver = static
  args = uid=${owner.uid} gid=${owner.gid} home=${folder}/mail/%u
}
service imap-login {
  chroot =
  inet_listener imap {
    port = ${port}
  }
  inet_listener imaps {
    port = ${tlsPort}
    ssl = yes
  }
}
service anvil {
  chroot =
}
service stats {
  unix_listener stats-writer {
    mode = 0666
  }
}
`,
  );
  mkdirSync(join(folder, 'run'));
  mkdirSync(join(folder, 'mail'));
  chmodSync(folder, 0o711);
  chownSync(join(folder, 'mail'), owner.uid, owner.gid);
  const child = spawn(program, ['-F', '-c', join(folder, 'dovecot.conf')], { stdio: 'ignore' });
  await listening(child, port, () => (existsSync(join(folder, 'log')) ? readFileSync(join(folder, 'log'), 'utf8') : ''));
  let count = 0;
  const boxOf = (user: string, name = 'INBOX') => join(folder, 'mail', user, name === 'INBOX' ? '' : `.${name}`);
  return {
    host: '127.0.0.1',
    port,
    tlsPort,
    password,
    authority: certificate.authority,
    deliver(user, messages, { folder: name = 'INBOX', seen = false, at = new Date() } = {}) {
      const box = boxOf(user, name);
      const own = (path: string) => chownSync(path, owner.uid, owner.gid);
      mkdirSync(box, { recursive: true });
      for (const path of [join(folder, 'mail', user), box]) own(path);
      for (const part of ['cur', 'new', 'tmp']) {
        mkdirSync(join(box, part), { recursive: true });
        own(join(box, part));
      }
      for (const message of messages) {
        count += 1;
        const seconds = Math.floor(at.getTime() / 1000);
        const file = join(box, 'cur', `${seconds}.M${String(count).padStart(8, '0')}P1.test:2,${seen ? 'S' : ''}`);
        writeFileSync(file, message);
        own(file);
        utimesSync(file, at, at);
      }
    },
    renumber(user) {
      for (const file of ['dovecot-uidlist', 'dovecot-uidvalidity', 'dovecot.index', 'dovecot.index.log', 'dovecot.index.cache', 'dovecot.list.index.log'])
        rmSync(join(boxOf(user), file), { force: true });
    },
    async stop() {
      if (child.exitCode === null) {
        const gone = new Promise((resolve) => child.once('exit', resolve));
        child.kill('SIGTERM');
        await gone;
      }
      rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}
