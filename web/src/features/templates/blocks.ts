import { Columns2, Type, Image, type LucideIcon, MousePointerClick, Code, Minus, Share2, Table2, Braces } from 'lucide-react';
import type { ColumnsBlock, Design, DesignBlock, LeafBlock, TemplateKind } from '../../api/templates.ts';
import type { FirstWords } from './first-words.ts';

export type BlockType = DesignBlock['type'];
type TagName = Extract<LeafBlock, { type: 'tag' }>['name'];

export const newId = (): string => Array.from(crypto.getRandomValues(new Uint32Array(2)), (part) => part.toString(36)).join('');

export const typeLooks: Record<BlockType, { label: string; icon: LucideIcon }> = {
  text: { label: 'Text', icon: Type },
  image: { label: 'Image', icon: Image },
  button: { label: 'Button', icon: MousePointerClick },
  divider: { label: 'Divider', icon: Minus },
  columns: { label: 'Columns', icon: Columns2 },
  invoices: { label: 'Invoice table', icon: Table2 },
  tag: { label: 'Merge tag block', icon: Braces },
  social: { label: 'Social links', icon: Share2 },
  html: { label: 'HTML', icon: Code },
};

export const tagLabels: Record<TagName, string> = {
  payment_buttons: 'Payment buttons',
  card_buttons: 'Pay with credit card only',
  bank_buttons: 'Pay with bank account only',
  login_register: 'Customer login or register',
  statement_summary: 'Statement summary',
};

const box = () => ({ id: newId(), background: null, border: null, padding: { top: 0, right: 0, bottom: 0, left: 0 }, below: 0 });

/** A block as it is when it is added: it already says something, so that the preview is never empty. */
export function newBlock(type: Exclude<BlockType, 'tag'>): DesignBlock {
  switch (type) {
    case 'text':
      return { ...box(), type, html: '<p>Write here.</p>' };
    case 'html':
      return { ...box(), type, html: '<p>HTML with merge tags</p>' };
    case 'image':
      return { ...box(), below: 16, type, src: '', alt: '', href: '', width: null, align: 'center' };
    case 'button':
      return {
        ...box(),
        below: 16,
        type,
        label: 'Pay {{total_invoice_amount}}',
        href: '{{pay_url}}',
        colour: null,
        textColour: null,
        align: 'left',
        radius: 6,
        wide: false,
      };
    case 'divider':
      return { ...box(), below: 16, type, colour: '#e5e7eb', thickness: 1 };
    case 'invoices':
      return { ...box(), type, columns: null, total: true };
    case 'social':
      return { ...box(), below: 16, type, align: 'left', links: [{ network: 'website', url: '' }] };
    case 'columns':
      return {
        ...box(),
        below: 8,
        type,
        columns: [
          { share: 50, blocks: [newBlock('text') as LeafBlock] },
          { share: 50, blocks: [newBlock('text') as LeafBlock] },
        ],
      };
  }
}

export const newTagBlock = (name: TagName): LeafBlock => ({ ...box(), type: 'tag', name });

/** A copy whose blocks are blocks of their own. */
export function copyOf<B extends DesignBlock>(block: B): B {
  const copy = structuredClone(block);
  copy.id = newId();
  if (copy.type === 'columns') for (const column of (copy as ColumnsBlock).columns) for (const one of column.blocks) one.id = newId();
  return copy;
}

/** What a new text begins with, in one language. */
export function firstDesign(kind: TemplateKind, words: FirstWords, single = false): Design {
  const text = (html: string): DesignBlock => ({ ...(newBlock('text') as Extract<DesignBlock, { type: 'text' }>), html });
  const middle: Record<TemplateKind, DesignBlock[]> = {
    reminder: [newBlock('invoices'), newTagBlock('payment_buttons')],
    statement: [newTagBlock('statement_summary'), newTagBlock('login_register')],
    letter: [newBlock('invoices')],
  };
  const opening = single && kind === 'reminder' ? words.openingOne : words.opening[kind];
  return {
    background: '#f3f4f6',
    card: '#ffffff',
    blocks: [text(`<p>${words.hello}</p><p>${opening}</p>`), ...middle[kind], text(`<p>${words.question}</p><p>${words.thanks}<br>{{seller_name}}</p>`)],
  };
}

/** Moves a block within its list; the list is a new one. */
export function moved<B>(blocks: readonly B[], from: number, to: number): B[] {
  const next = [...blocks];
  const [block] = next.splice(from, 1);
  next.splice(to, 0, block!);
  return next;
}
