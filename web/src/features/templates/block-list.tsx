import { ArrowDown, ArrowUp, Copy, GripVertical, Plus, Settings2, Trash2 } from 'lucide-react';
import { createContext, type ReactNode, useContext, useRef, useState } from 'react';
import type { ColumnsBlock, DesignBlock, LeafBlock, LoopField, MergeTag, TemplateKind } from '../../api/templates.ts';
import { Button, IconButton } from '../../components/button.tsx';
import { TextArea } from '../../components/field.tsx';
import { Menu } from '../../components/menu.tsx';
import { BlockSettings } from './block-settings.tsx';
import { type BlockType, copyOf, moved, newBlock, newTagBlock, tagLabels, typeLooks } from './blocks.ts';
import { ImageBody } from './image-body.tsx';
import { imageHtml, insertAt } from './insert.ts';
import { PictureButton } from './picture-dialog.tsx';
import { TagMenu } from './tag-menu.tsx';
import { TextEditor } from './text-editor.tsx';

export interface EditorWorld {
  kind: TemplateKind;
  tags: readonly MergeTag[];
  loopFields: readonly LoopField[];
  /** The block whose settings are open. */
  selected: string | null;
  select: (id: string | null) => void;
}
const World = createContext<EditorWorld | null>(null);
export const EditorWorldProvider = World.Provider;

interface ListProps<B extends DesignBlock> {
  label: string;
  blocks: readonly B[];
  onChange: (blocks: B[]) => void;
  /** Columns do not stand in columns. */
  nested?: boolean;
}

/** Blocks under each other: dragged by their handle or moved with buttons, which do the same. */
export function BlockList<B extends DesignBlock>({ label, blocks, onChange, nested = false }: ListProps<B>) {
  const [dragged, setDragged] = useState<number | null>(null);
  const [over, setOver] = useState<number | null>(null);
  const drop = (to: number) => {
    if (dragged !== null && dragged !== to) onChange(moved(blocks, dragged, to));
    setDragged(null);
    setOver(null);
  };
  return (
    <div>
      <ol aria-label={label} className="space-y-2">
        {blocks.map((block, index) => (
          <li
            key={block.id}
            onDragOver={(event) => {
              if (dragged === null) return;
              event.preventDefault();
              event.stopPropagation();
              setOver(index);
            }}
            onDrop={(event) => {
              if (dragged === null) return;
              event.preventDefault();
              event.stopPropagation();
              drop(index);
            }}
            className={over === index && dragged !== null && dragged !== index ? 'rounded-md outline-2 outline-accent outline-dashed' : ''}
          >
            <BlockCard
              block={block}
              place={`${index + 1} of ${blocks.length}`}
              onChange={(next) => onChange(blocks.map((one, at) => (at === index ? (next as B) : one)))}
              onMove={(by) => blocks[index + by] && onChange(moved(blocks, index, index + by))}
              canMove={{ up: index > 0, down: index < blocks.length - 1 }}
              onCopy={() => onChange([...blocks.slice(0, index + 1), copyOf(block), ...blocks.slice(index + 1)])}
              onRemove={() => onChange(blocks.filter((_, at) => at !== index))}
              onAddAfter={(added) => onChange([...blocks.slice(0, index + 1), added as B, ...blocks.slice(index + 1)])}
              removable={nested || blocks.length > 1}
              drag={{ onStart: () => setDragged(index), onEnd: () => drop(index) }}
            />
          </li>
        ))}
      </ol>
      <AddBlock nested={nested} onAdd={(block) => onChange([...blocks, block as B])} full={blocks.length >= (nested ? 20 : 60)} />
    </div>
  );
}

const addable: readonly Exclude<BlockType, 'tag'>[] = ['text', 'image', 'button', 'divider', 'columns', 'invoices', 'social', 'html'];

function AddBlock({ nested, onAdd, full }: { nested: boolean; onAdd: (block: DesignBlock) => void; full: boolean }) {
  const world = useContext(World)!;
  const add = (block: DesignBlock) => {
    onAdd(block);
    world.select(block.id);
  };
  const inMail = world.kind !== 'letter';
  const types = addable.filter((type) => !(nested && type === 'columns') && (inMail || ['text', 'invoices', 'divider', 'html'].includes(type)));
  const tagNames = (Object.keys(tagLabels) as (keyof typeof tagLabels)[]).filter(
    (name) => inMail && (name !== 'statement_summary' || world.kind === 'statement'),
  );
  return (
    <div className="mt-2 flex justify-center">
      <Menu
        align="start"
        trigger={
          <Button size="small" icon={Plus} blockedBecause={full ? 'There are as many blocks as a mail can hold.' : undefined}>
            Add block
          </Button>
        }
        actions={[
          ...types.map((type) => ({ label: typeLooks[type].label, icon: typeLooks[type].icon, onSelect: () => add(newBlock(type)) })),
          ...tagNames.map((name) => ({ label: tagLabels[name], icon: typeLooks.tag.icon, onSelect: () => add(newTagBlock(name)) })),
        ]}
      />
    </div>
  );
}

interface CardProps {
  block: DesignBlock;
  place: string;
  onChange: (block: DesignBlock) => void;
  onMove: (by: -1 | 1) => void;
  canMove: { up: boolean; down: boolean };
  onCopy: () => void;
  onRemove: () => void;
  onAddAfter: (block: DesignBlock) => void;
  removable: boolean;
  drag: { onStart: () => void; onEnd: () => void };
}

function BlockCard({ block, place, onChange, onMove, canMove, onCopy, onRemove, onAddAfter, removable, drag }: CardProps) {
  const world = useContext(World)!;
  const [grabbed, setGrabbed] = useState(false);
  const open = world.selected === block.id;
  const { label, icon: Icon } = typeLooks[block.type];
  const name = block.type === 'tag' ? tagLabels[block.name] : label;
  return (
    <div
      role="group"
      aria-label={`${name}, block ${place}`}
      draggable={grabbed}
      onDragStart={(event) => {
        event.stopPropagation();
        event.dataTransfer.effectAllowed = 'move';
        drag.onStart();
      }}
      onDragEnd={() => {
        setGrabbed(false);
        drag.onEnd();
      }}
      className={`rounded-md border bg-raised ${open ? 'border-accent' : 'border-border hover:border-border-strong'}`}
    >
      <header className="flex items-center gap-1 border-b border-border px-2 py-1">
        <span
          aria-hidden
          title="Drag to move"
          onPointerDown={() => setGrabbed(true)}
          onPointerUp={() => setGrabbed(false)}
          className="cursor-grab text-muted max-sm:hidden"
        >
          <GripVertical size={16} />
        </span>
        <Icon aria-hidden size={14} className="text-muted" />
        <h3 className="min-w-0 flex-1 truncate text-table font-medium text-muted">{name}</h3>
        <IconButton
          icon={ArrowUp}
          label="Move up"
          size="small"
          blockedBecause={canMove.up ? undefined : 'It is the first.'}
          onClick={() => canMove.up && onMove(-1)}
        />
        <IconButton
          icon={ArrowDown}
          label="Move down"
          size="small"
          blockedBecause={canMove.down ? undefined : 'It is the last.'}
          onClick={() => canMove.down && onMove(1)}
        />
        <IconButton icon={Settings2} label="Settings" size="small" aria-expanded={open} onClick={() => world.select(open ? null : block.id)} />
        <IconButton icon={Copy} label="Duplicate" size="small" onClick={onCopy} />
        <IconButton
          icon={Trash2}
          label="Remove"
          size="small"
          blockedBecause={removable ? undefined : 'A mail has one block at least.'}
          onClick={() => removable && onRemove()}
        />
      </header>
      <div className="p-3">
        <BlockBody block={block} onChange={onChange} onAddAfter={onAddAfter} />
        {open && <BlockSettings block={block} onChange={onChange} />}
      </div>
    </div>
  );
}

function BlockBody({ block, onChange, onAddAfter }: { block: DesignBlock; onChange: (block: DesignBlock) => void; onAddAfter: (block: DesignBlock) => void }) {
  const world = useContext(World)!;
  const [focused, setFocused] = useState(false);
  switch (block.type) {
    case 'text':
      return (
        <div style={block.background ? { background: block.background, color: readable(block.background), padding: 12, borderRadius: 6 } : undefined}>
          <TextEditor
            label="Text"
            html={block.html}
            onFocus={() => setFocused(true)}
            showTools={focused || world.selected === block.id}
            onChange={(html) => onChange({ ...block, html })}
            tools={(insert) => (
              <TagMenu
                tags={world.tags}
                loopFields={world.loopFields}
                kind={world.kind}
                onPick={(text, tag) => {
                  if (tag?.name === 'invoice_list') onAddAfter(newBlock('invoices'));
                  else if (tag?.block) onAddAfter(newTagBlock(tag.name as keyof typeof tagLabels));
                  else insert(text);
                }}
              />
            )}
          />
        </div>
      );
    case 'html':
      return <HtmlBody html={block.html} onChange={(html) => onChange({ ...block, html })} />;
    case 'image':
      return <ImageBody block={block} onChange={onChange} />;
    case 'columns':
      return <ColumnsBody block={block} onChange={onChange} />;
    default:
      return <Stand block={block} />;
  }
}

/** Black or white, whichever can be read on the colour. */
const readable = (colour: string): string => {
  const part = (at: number) => Number.parseInt(colour.slice(at, at + 2), 16);
  return part(1) * 0.299 + part(3) * 0.587 + part(5) * 0.114 > 150 ? '#12161d' : '#ffffff';
};

function HtmlBody({ html, onChange }: { html: string; onChange: (html: string) => void }) {
  const world = useContext(World)!;
  const holder = useRef<HTMLDivElement>(null);
  const insert = (text: string) => insertAt(holder.current?.querySelector('textarea') ?? null, html, text, onChange);
  return (
    <div ref={holder} className="[&_label]:sr-only">
      <div className="mb-2 flex flex-wrap justify-end gap-2">
        {world.kind !== 'letter' && <PictureButton label="Picture" onPick={(picture) => insert(imageHtml(picture))} />}
        <TagMenu tags={world.tags} loopFields={world.loopFields} kind={world.kind} onPick={insert} />
      </div>
      <TextArea label="HTML with merge tags" mono rows={8} value={html} onChange={onChange} />
    </div>
  );
}

function ColumnsBody({ block, onChange }: { block: ColumnsBlock; onChange: (block: DesignBlock) => void }) {
  return (
    <div className="grid gap-3 md:grid-cols-2">
      {block.columns.map((column, index) => (
        <div key={index} className="min-w-0 rounded-md bg-sunken p-2">
          <p className="mb-1 text-label text-muted">
            Column {index + 1}, {column.share} %
          </p>
          <BlockList<LeafBlock>
            nested
            label={`Blocks of column ${index + 1}`}
            blocks={column.blocks}
            onChange={(blocks) => onChange({ ...block, columns: block.columns.map((one, at) => (at === index ? { ...one, blocks } : one)) })}
          />
        </div>
      ))}
    </div>
  );
}

/** What stands for a block whose looks are in its settings; the preview shows it as it will be. */
function Stand({ block }: { block: Exclude<DesignBlock, { type: 'text' | 'html' | 'columns' | 'image' }> }): ReactNode {
  switch (block.type) {
    case 'button':
      return (
        <div style={{ textAlign: block.align }}>
          <span
            className={`inline-block px-5 py-2.5 font-semibold ${block.colour ? '' : 'bg-accent-fill text-on-accent'} ${block.wide ? 'w-full text-center' : ''}`}
            style={{ borderRadius: block.radius, ...(block.colour ? { background: block.colour, color: block.textColour ?? readable(block.colour) } : {}) }}
          >
            {block.label}
          </span>
        </div>
      );
    case 'divider':
      return <hr style={{ borderTop: `${block.thickness}px solid ${block.colour}` }} />;
    case 'invoices':
      return (
        <p className="rounded-md bg-sunken px-3 py-3 text-muted">
          The invoices of the mail{block.columns ? `: ${block.columns.length} columns` : ', with amount, due date and PDF'}
          {block.total || !block.columns ? ', and their total' : ''}.
        </p>
      );
    case 'social':
      return <p className="text-muted">{block.links.map((link) => link.network).join(' · ')}</p>;
    case 'tag':
      return (
        <p>
          <code className="rounded bg-accent-soft px-1 text-table text-accent">{`{{${block.name}}}`}</code>
        </p>
      );
  }
}
