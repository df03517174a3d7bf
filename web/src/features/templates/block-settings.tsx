import { Plus, Trash2 } from 'lucide-react';
import type { ColumnsBlock, DesignBlock, LeafBlock } from '../../api/templates.ts';
import { Button, IconButton } from '../../components/button.tsx';
import { isOwnPicture } from '../../api/pictures.ts';
import { CheckField, SelectField, TextField } from '../../components/field.tsx';
import { tagLabels } from './blocks.ts';
import { BoxFields, ColourField, NumberField } from './look-fields.tsx';

type Of<T extends DesignBlock['type']> = Extract<DesignBlock, { type: T }>;
interface Props<B> {
  block: B;
  onChange: (block: B) => void;
}

const aligns = [
  { value: 'left', label: 'Left' },
  { value: 'center', label: 'Centred' },
  { value: 'right', label: 'Right' },
];

/** Everything about a block but its words. */
export function BlockSettings({ block, onChange }: Props<DesignBlock>) {
  return (
    <div className="mt-3 space-y-4 border-t border-border pt-3">
      <Specific block={block} onChange={onChange} />
      <BoxFields block={block} onChange={(change) => onChange({ ...block, ...change })} />
    </div>
  );
}

function Specific({ block, onChange }: Props<DesignBlock>) {
  switch (block.type) {
    case 'image':
      return <ImageFields block={block} onChange={onChange} />;
    case 'button':
      return <ButtonFields block={block} onChange={onChange} />;
    case 'divider':
      return (
        <div className="grid gap-4 sm:grid-cols-2">
          <ColourField label="Color" value={block.colour} onChange={(colour) => colour && onChange({ ...block, colour })} />
          <NumberField label="Thickness" min={1} max={10} value={block.thickness} onChange={(thickness) => onChange({ ...block, thickness })} />
        </div>
      );
    case 'invoices':
      return <InvoiceFields block={block} onChange={onChange} />;
    case 'tag':
      return (
        <SelectField
          label="Shows"
          value={block.name}
          choices={Object.entries(tagLabels).map(([value, label]) => ({ value, label }))}
          onChange={(name) => onChange({ ...block, name: name as Of<'tag'>['name'] })}
        />
      );
    case 'social':
      return <SocialFields block={block} onChange={onChange} />;
    case 'columns':
      return <ColumnFields block={block} onChange={onChange} />;
    default:
      return null;
  }
}

function ImageFields({ block, onChange }: Props<Of<'image'>>) {
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <TextField
        label="Address of the image"
        className="sm:col-span-2"
        value={block.src}
        placeholder="https://"
        help="Of a picture that lies elsewhere; yours come in by the block above."
        error={block.src && !/^https:\/\//i.test(block.src) && !isOwnPicture(block.src) ? 'Begin the address of an image with https://.' : undefined}
        onChange={(src) => onChange({ ...block, src: src.trim() })}
      />
      <TextField
        label="Text of the image"
        help="Read out, and shown where images are blocked."
        value={block.alt}
        maxLength={300}
        onChange={(alt) => onChange({ ...block, alt })}
      />
      <TextField label="Leads to" optional value={block.href} placeholder="https://" onChange={(href) => onChange({ ...block, href: href.trim() })} />
      <NumberField label="Width in points" min={10} max={568} value={block.width ?? 552} onChange={(width) => onChange({ ...block, width })} />
      <SelectField label="Stands" value={block.align} choices={aligns} onChange={(align) => onChange({ ...block, align: align as Of<'image'>['align'] })} />
    </div>
  );
}

function ButtonFields({ block, onChange }: Props<Of<'button'>>) {
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <TextField label="Words" value={block.label} maxLength={200} onChange={(label) => onChange({ ...block, label })} />
      <TextField
        label="Leads to"
        help="An address, or {{pay_url}} for the payment page."
        value={block.href}
        onChange={(href) => onChange({ ...block, href: href.trim() })}
      />
      <ColourField label="Color" value={block.colour} none="Your accent color" onChange={(colour) => onChange({ ...block, colour })} />
      <ColourField
        label="Color of the words"
        value={block.textColour}
        none="Whichever reads best"
        onChange={(textColour) => onChange({ ...block, textColour })}
      />
      <SelectField label="Stands" value={block.align} choices={aligns} onChange={(align) => onChange({ ...block, align: align as Of<'button'>['align'] })} />
      <NumberField label="Roundness" max={40} value={block.radius} onChange={(radius) => onChange({ ...block, radius })} />
      <CheckField label="As wide as the mail" checked={block.wide} onChange={(wide) => onChange({ ...block, wide })} />
    </div>
  );
}

const columnLabels: [NonNullable<Of<'invoices'>['columns']>[number], string][] = [
  ['number', 'Invoice number'],
  ['amount_due', 'Amount due'],
  ['due_date', 'Due date'],
  ['due_words', 'Due, in words'],
  ['days_overdue', 'Days overdue'],
  ['currency', 'Currency'],
  ['pdf', 'VIEW PDF link'],
];

function InvoiceFields({ block, onChange }: Props<Of<'invoices'>>) {
  const chosen = block.columns;
  return (
    <div className="space-y-3">
      <CheckField
        label="Columns of my own"
        help="Otherwise number, amount due, due date and PDF, with the total under it."
        checked={chosen !== null}
        onChange={(own) => onChange({ ...block, columns: own ? ['number', 'amount_due', 'due_date', 'pdf'] : null })}
      />
      {chosen !== null && (
        <>
          <fieldset className="grid gap-2 sm:grid-cols-2">
            <legend className="mb-1 text-table font-medium">Columns</legend>
            {columnLabels.map(([name, label]) => (
              <CheckField
                key={name}
                label={label}
                checked={chosen.includes(name)}
                onChange={(on) => {
                  const next = columnLabels.map(([one]) => one).filter((one) => (one === name ? on : chosen.includes(one)));
                  if (next.length > 0 && next.length <= 6) onChange({ ...block, columns: next });
                }}
              />
            ))}
          </fieldset>
          <CheckField label="Total under the table" checked={block.total} onChange={(total) => onChange({ ...block, total })} />
        </>
      )}
    </div>
  );
}

const networkLabels: Record<Of<'social'>['links'][number]['network'], string> = {
  website: 'Website',
  linkedin: 'LinkedIn',
  facebook: 'Facebook',
  x: 'X',
  instagram: 'Instagram',
  youtube: 'YouTube',
};

function SocialFields({ block, onChange }: Props<Of<'social'>>) {
  const set = (index: number, change: Partial<Of<'social'>['links'][number]>) =>
    onChange({ ...block, links: block.links.map((link, at) => (at === index ? { ...link, ...change } : link)) });
  return (
    <div className="space-y-3">
      {block.links.map((link, index) => (
        <div key={index} className="grid grid-cols-[1fr_auto] items-end gap-2 sm:grid-cols-[150px_1fr_auto]">
          <SelectField
            label="Place"
            value={link.network}
            choices={Object.entries(networkLabels).map(([value, label]) => ({ value, label }))}
            onChange={(network) => set(index, { network: network as keyof typeof networkLabels })}
            className="max-sm:col-span-2"
          />
          <TextField label="Address" value={link.url} placeholder="https://" onChange={(url) => set(index, { url: url.trim() })} />
          <IconButton
            icon={Trash2}
            label={`Remove ${networkLabels[link.network]}`}
            blockedBecause={block.links.length === 1 ? 'The last one stays.' : undefined}
            onClick={() => block.links.length > 1 && onChange({ ...block, links: block.links.filter((_, at) => at !== index) })}
          />
        </div>
      ))}
      <div className="flex flex-wrap items-end gap-3">
        <Button
          size="small"
          icon={Plus}
          blockedBecause={block.links.length >= 8 ? 'Eight places are enough.' : undefined}
          onClick={() => onChange({ ...block, links: [...block.links, { network: 'linkedin', url: '' }] })}
        >
          Add a place
        </Button>
        <SelectField label="Stands" value={block.align} choices={aligns} onChange={(align) => onChange({ ...block, align: align as Of<'social'>['align'] })} />
      </div>
    </div>
  );
}

const splits = [
  { value: '50,50', label: 'Two, equal' },
  { value: '67,33', label: 'Two, left wider' },
  { value: '33,67', label: 'Two, right wider' },
  { value: '34,33,33', label: 'Three' },
  { value: '25,25,25,25', label: 'Four' },
];

/** Blocks of a column that goes move into the last that stays. */
function ColumnFields({ block, onChange }: Props<ColumnsBlock>) {
  const split = (value: string) => {
    const shares = value.split(',').map(Number);
    const kept: LeafBlock[][] = shares.map((_, index) => block.columns[index]?.blocks ?? []);
    kept[kept.length - 1] = [...kept.at(-1)!, ...block.columns.slice(shares.length).flatMap((column) => column.blocks)];
    onChange({ ...block, columns: shares.map((share, index) => ({ share, blocks: kept[index]! })) });
  };
  return (
    <SelectField
      label="Columns"
      help="On a phone they stand under each other."
      value={block.columns.map((column) => column.share).join(',')}
      choices={splits}
      onChange={split}
    />
  );
}
