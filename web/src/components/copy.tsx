import { Check, Copy } from 'lucide-react';
import { useState } from 'react';
import { IconButton } from './button.tsx';

/** Puts text on the clipboard; on plain HTTP, where browsers withhold it, through a selected text field. */
export async function copyText(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = Object.assign(document.createElement('textarea'), { value: text });
  document.body.append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
}

/** A text to take along, with the button that takes it. */
export function CopyText({ label, value }: { label: string; value: string }) {
  const [copied, setCopied] = useState(false);
  return (
    <div>
      <p className="text-label text-muted">{label}</p>
      <div className="flex items-start gap-2">
        <code className="min-w-0 flex-1 rounded bg-sunken px-2 py-1 font-mono text-label break-all">{value}</code>
        <IconButton
          icon={copied ? Check : Copy}
          size="small"
          label={copied ? 'Copied' : `Copy ${label.toLowerCase()}`}
          onClick={() =>
            void copyText(value).then(() => {
              setCopied(true);
              setTimeout(() => setCopied(false), 2000);
            })
          }
        />
      </div>
    </div>
  );
}
