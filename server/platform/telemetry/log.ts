import pino from 'pino';

export type Logger = pino.Logger;

/** JSON lines on standard error; anything that could be a secret is cut out before it is written. */
export function createLogger(level: string): Logger {
  return pino(
    {
      level,
      base: null,
      redact: {
        paths: [
          '*.password',
          '*.secret',
          '*.token',
          '*.authorization',
          '*.cookie',
          'headers.authorization',
          'headers.cookie',
          'headers.api_secret',
          'headers["api_secret"]',
        ],
        censor: '[hidden]',
      },
    },
    pino.destination({ fd: 2, sync: false }),
  );
}
