import { useState } from 'react';

/**
 * A mail as its reader saw it. The frame runs no script, submits nothing and opens links in a new tab; it stays white
 * in both themes, because mail is.
 */
export function MailFrame({ html, title, height = 280 }: { html: string; title: string; height?: number }) {
  const [size, setSize] = useState(height);
  const light = html.replaceAll('@media (prefers-color-scheme: dark)', '@media not all');
  const page = /<head[^>]*>/i.test(light) ? light.replace(/<head[^>]*>/i, '$&<base target="_blank"><meta name="color-scheme" content="light">') : light;
  return (
    <iframe
      title={title}
      srcDoc={page}
      sandbox="allow-same-origin allow-popups"
      referrerPolicy="no-referrer"
      className="w-full rounded-md border border-border bg-white"
      style={{ height: size, colorScheme: 'light' }}
      onLoad={(event) => {
        const body = event.currentTarget.contentDocument?.documentElement;
        if (body) setSize(Math.min(Math.max(body.scrollHeight + 8, 160), 2400));
      }}
    />
  );
}
