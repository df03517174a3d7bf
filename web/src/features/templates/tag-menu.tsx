import { Braces, Search } from 'lucide-react';
import { useState } from 'react';
import type { LoopField, MergeTag, TemplateKind } from '../../api/templates.ts';
import { Button } from '../../components/button.tsx';
import { Popover } from '../../components/menu.tsx';

interface TagMenuProps {
  tags: readonly MergeTag[];
  loopFields: readonly LoopField[];
  kind: TemplateKind;
  /** Blocks cannot stand in a subject. */
  words?: boolean;
  onPick: (text: string, tag: MergeTag | null) => void;
  label?: string;
}

const loopOf = '{% for invoice in invoices %}{{invoice.number}}: {{invoice.amount_due}}, due {{invoice.due_date}}; {% endfor %}';

/** Everything that differs from customer to customer, found by typing. */
export function TagMenu({ tags, loopFields, kind, words = false, onPick, label = 'Merge tags' }: TagMenuProps) {
  const [open, setOpen] = useState(false);
  const [text, setText] = useState('');
  const wanted = text.trim().toLowerCase();
  const matches = (one: { label: string; name: string }) => `${one.label} ${one.name}`.toLowerCase().includes(wanted);
  const shown = tags.filter((tag) => tag.kinds.includes(kind) && !(words && (tag.block || tag.link)) && matches(tag));
  const loops = words ? [] : loopFields.filter(matches);
  const pick = (inserted: string, tag: MergeTag | null) => {
    onPick(inserted, tag);
    setOpen(false);
    setText('');
  };
  const item = (key: string, name: string, code: string, press: () => void) => (
    <li key={key}>
      <button type="button" onClick={press} className="block w-full rounded-md px-2 py-1 text-left hover:bg-sunken focus-visible:bg-sunken max-sm:min-h-11">
        <span className="block">{name}</span>
        <code className="block truncate font-mono text-label text-muted">{code}</code>
      </button>
    </li>
  );
  return (
    <Popover
      open={open}
      onOpenChange={setOpen}
      align="end"
      title="Merge tags"
      trigger={
        <Button size="small" icon={Braces}>
          {label}
        </Button>
      }
    >
      <div className="relative mb-2">
        <Search aria-hidden size={14} className="absolute top-1/2 left-2.5 -translate-y-1/2 text-muted" />
        <input
          aria-label="Find a merge tag"
          className="control pl-8"
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => {
            const [first] = shown;
            if (event.key !== 'Enter' || wanted === '' || !first) return;
            event.preventDefault();
            pick(`{{${first.name}}}`, first);
          }}
          placeholder="Find a tag"
        />
      </div>
      <div className="max-h-[45dvh] overflow-y-auto">
        {[...new Set(shown.map((tag) => tag.group))].map((group) => (
          <section key={group} aria-label={group}>
            <h3 className="px-2 pt-2 pb-0.5 text-label font-medium text-muted">{group}</h3>
            <ul>{shown.filter((tag) => tag.group === group).map((tag) => item(tag.name, tag.label, `{{${tag.name}}}`, () => pick(`{{${tag.name}}}`, tag)))}</ul>
          </section>
        ))}
        {loops.length > 0 && (
          <section aria-label="Each invoice">
            <h3 className="px-2 pt-2 pb-0.5 text-label font-medium text-muted">Each invoice, in a loop</h3>
            <ul>
              {item('loop', 'A loop over the invoices', '{% for %}', () => pick(loopOf, null))}
              {loops.map((field) => item(field.name, field.label, `{{invoice.${field.name}}}`, () => pick(`{{invoice.${field.name}}}`, null)))}
            </ul>
          </section>
        )}
        {!words && kind === 'reminder' && wanted === '' && (
          <p className="px-2 py-2 text-label text-muted">Statement summary and invoice PDFs: tick them under Attachments.</p>
        )}
        {shown.length + loops.length === 0 && <p className="px-2 py-3 text-muted">No tag has “{text.trim()}” in its name.</p>}
      </div>
    </Popover>
  );
}
