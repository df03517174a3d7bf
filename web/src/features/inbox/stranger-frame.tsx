import { ImageOff } from 'lucide-react';
import { useMemo, useState } from 'react';
import { Button } from '../../components/button.tsx';

/** Where the server serves pictures of messages, and nothing else that a frame could load. */
const OWN_PICTURES = `${location.origin}/v1/inbox/messages/`;

/**
 * HTML that somebody else wrote, already written anew by the server from what is harmless. The frame runs no script,
 * submits nothing and loads no picture from elsewhere before a person wants it: such a picture tells its sender that the
 * mail was read. Pictures that came with the mail are shown.
 */
export function StrangerFrame({ html, title }: { html: string; title: string }) {
  const [size, setSize] = useState(120);
  const [pictures, setPictures] = useState(false);
  const hasPictures = useMemo(() => /<img[^>]+src="https:/i.test(html), [html]);
  const page = `<!doctype html><html><head><meta charset="utf-8"><base target="_blank"><meta name="color-scheme" content="light"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src ${OWN_PICTURES}${pictures ? ' https:' : ''}"><style>body{margin:12px;font:14px/20px system-ui,sans-serif;color:#111827;background:#fff;overflow-wrap:anywhere}img{max-width:100%;height:auto}${pictures ? '' : 'img:not([src^="/v1/inbox/messages/"]){display:none}'}table{max-width:100%}blockquote{margin:8px 0 8px 8px;padding-left:12px;border-left:2px solid #d1d5db;color:#4b5563}</style></head><body>${html}</body></html>`;
  return (
    <div>
      {hasPictures && !pictures && (
        <div className="mb-2 flex flex-wrap items-center gap-2 text-table text-muted">
          <ImageOff aria-hidden size={14} />
          Pictures are not loaded: they would tell the sender that you read this.
          <Button size="small" onClick={() => setPictures(true)}>
            Show pictures
          </Button>
        </div>
      )}
      <iframe
        key={String(pictures)}
        title={title}
        srcDoc={page}
        sandbox="allow-same-origin allow-popups"
        referrerPolicy="no-referrer"
        className="w-full rounded-md border border-border bg-white"
        style={{ height: size, colorScheme: 'light' }}
        onLoad={(event) => {
          const body = event.currentTarget.contentDocument?.documentElement;
          if (body) setSize(Math.min(Math.max(body.scrollHeight + 4, 48), 1600));
        }}
      />
    </div>
  );
}
