import { SMTPServer } from 'smtp-server';

/** The receiving end of the mail benchmark: reads every mail, keeps the last, counts. */
let mails = 0;
let bytes = 0;
let sample = '';
const server = new SMTPServer({
  authOptional: true,
  disabledCommands: ['AUTH', 'STARTTLS'],
  disableReverseLookup: true,
  onData(stream, _session, done) {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => {
      mails += 1;
      for (const chunk of chunks) bytes += chunk.length;
      sample = Buffer.concat(chunks).toString('latin1');
      done(null, 'kept');
    });
  },
});
server.on('error', () => {});
server.listen(0, '127.0.0.1', () => process.send!({ port: (server.server.address() as { port: number }).port }));
process.on('message', () => {
  process.send!({ mails, bytes, sample });
  mails = 0;
  bytes = 0;
});
process.on('disconnect', () => process.exit(0));
