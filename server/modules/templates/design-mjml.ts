import { readFileSync } from 'node:fs';
import { sanitize } from '../../platform/mail/sanitize.ts';
import { escapeHtml } from '../../platform/mail/template.ts';
import type { ColumnsBlock, Design, DesignBlock, LeafBlock } from './design.ts';
import { leafHtml } from './design-html.ts';
import { isPicturePath } from './pictures/address.ts';
import { mapSegments } from './segments.ts';
import { mergeTags } from './tags.ts';

/** Inside of the card, between its edges. */
const COLUMN = 568;
/** Colours that only the mail knows: MJML takes colours, and these come out as merge tags. */
const ACCENT = '#0a0b0c';
const ACCENT_TEXT = '#0d0e0f';

let layoutText: string | null = null;
const layout = (): string => (layoutText ??= readFileSync(new URL('../../platform/mail/layout.mjml', import.meta.url), 'utf8'));

export interface MjmlSource {
  mjml: string;
  /** Puts back what MJML must not see, and answers the finished HTML. */
  finish(html: string): string;
}

/**
 * The design in the layout of all mails, as MJML. Liquid is kept out of it behind marks: MJML reads markup, and what a
 * person wrote in braces is none.
 */
export function designMjml(design: Design): MjmlSource {
  const segments: string[] = [];
  const hide = (text: string): string => mapSegments(text, (segment) => `@@L${segments.push(segment) - 1}@@`);
  const frame = layout().replace('background-color="#f3f4f6"', `background-color="${design.background}"`);
  const before = hide(frame.slice(0, frame.indexOf('<!-- card -->')));
  const inside = card(design, hide);
  return {
    mjml: before + inside + hide(frame.slice(frame.indexOf('<!-- /card -->'))),
    finish: (html) =>
      html
        .replaceAll(ACCENT_TEXT, '{{accent_text}}')
        .replaceAll(ACCENT, '{{accent}}')
        .replace(/@@L(\d+)@@/g, (_, index: string) => segments[Number(index)] ?? ''),
  };
}

type Hide = (text: string) => string;

function card(design: Design, hide: Hide): string {
  const look = `background-color="${design.card}" border-radius="8px" css-class="pc-card"`;
  // one section for everything is a third of the markup of many: columns alone need sections of their own
  if (design.blocks.every((block) => block.type !== 'columns'))
    return `<mj-section padding="28px 16px 16px" ${look}><mj-column>${design.blocks.map((block) => leaf(block as LeafBlock, hide, COLUMN)).join('')}</mj-column></mj-section>`;
  const sections: string[] = [];
  let run: LeafBlock[] = [];
  const close = () => {
    if (run.length > 0) sections.push(`<mj-section padding="0"><mj-column>${run.map((block) => leaf(block, hide, COLUMN)).join('')}</mj-column></mj-section>`);
    run = [];
  };
  for (const block of design.blocks as DesignBlock[]) {
    if (block.type === 'columns') {
      close();
      sections.push(columnsSection(block, hide));
    } else run.push(block);
  }
  close();
  return `<mj-wrapper padding="28px 16px 16px" ${look}>${sections.join('')}</mj-wrapper>`;
}

function columnsSection(block: ColumnsBlock, hide: Hide): string {
  const { top, right, bottom, left } = block.padding;
  const background = block.background ? ` background-color="${block.background}" css-class="${isLight(block.background) ? 'pc-box' : 'pc-dark'}"` : '';
  return (
    `<mj-section padding="${top}px ${right}px ${bottom + (block.background ? 0 : block.below)}px ${left}px"${background}>` +
    block.columns
      .map(
        (column) =>
          `<mj-column width="${column.share}%">${column.blocks.map((one) => leaf(one, hide, Math.floor((COLUMN * column.share) / 100))).join('') || '<mj-spacer height="1px" />'}</mj-column>`,
      )
      .join('') +
    '</mj-section>' +
    (block.background && block.below > 0 ? `<mj-section padding="0"><mj-column><mj-spacer height="${block.below}px" /></mj-column></mj-section>` : '')
  );
}

const edges = (top: number, right: number, bottom: number, left: number): string => `padding="${top}px ${right}px ${bottom}px ${left}px"`;
/** Only words may be filled in here: a block is markup, and half a segment would swallow what follows. */
const attribute = (text: string, hide: Hide): string =>
  escapeHtml(hide(mapSegments(text, (segment) => (plainTag.test(segment) ? segment : '')).replace(/@@L\d+@@/g, ''))).replace(/\{\{|\{%|%\}|\}\}/g, '');
const plainTag = new RegExp(
  `^\\{\\{\\s*(?:${mergeTags
    .filter((tag) => !tag.block)
    .map((tag) => tag.name)
    .join('|')})\\s*\\}\\}$`,
);

/** An address that a mail may hold, or nothing: what a person is still typing must not lead anywhere. */
const linkOf = (address: string): string =>
  /^(?:https?:\/\/[^\s/"'<>\\{}]+\S*|mailto:\S+|\{\{\s*pay_url\s*\}\})$/i.test(address.trim()) ? address.trim() : '';
const imageOf = (address: string): string =>
  isPicturePath(address) || /^https:\/\/[^\s/"'<>\\{}]+[^\s"'<>\\{}]*$/i.test(address.trim()) ? address.trim() : '';

function leaf(block: LeafBlock, hide: Hide, width: number): string {
  const { top, right, bottom, left } = block.padding;
  const around = edges(top, right + 8, bottom + block.below, left + 8);
  const back = block.background ? ` container-background-color="${block.background}"` : '';
  switch (block.type) {
    case 'image': {
      const [src, href] = [imageOf(block.src), linkOf(block.href)];
      if (src === '') return '';
      const link = href ? ` href="${attribute(href, hide)}" target="_blank"` : '';
      const wide = Math.min(block.width ?? width - 16, width - 16 - left - right);
      return `<mj-image ${around}${back} align="${block.align}" src="${attribute(src, hide)}" alt="${attribute(block.alt, hide)}" width="${Math.max(wide, 10)}px"${link} />`;
    }
    case 'button': {
      const target = linkOf(block.href);
      const href = target ? ` href="${attribute(target, hide)}" target="_blank"` : '';
      const size = block.wide ? ' width="100%"' : '';
      return (
        `<mj-button ${around}${back} align="${block.align}"${href} background-color="${block.colour ?? ACCENT}" color="${block.textColour ?? (block.colour ? (isLight(block.colour) ? '#000000' : '#ffffff') : ACCENT_TEXT)}"` +
        ` border-radius="${block.radius}px" inner-padding="12px 22px" font-size="15px" line-height="20px" font-weight="600"${size}>${attribute(block.label, hide)}</mj-button>`
      );
    }
    case 'divider':
      return `<mj-divider ${around}${back} border-width="${block.thickness}px" border-color="${block.colour}" css-class="pc-line" />`;
    default:
      return words(block, hide);
  }
}

/** Text and what is filled in later: with a background or border in a table of its own, which has corners and edges. */
function words(block: LeafBlock, hide: Hide): string {
  const { top, right, bottom, left } = block.padding;
  const inner = hide(sanitize(leafHtml(block)).html.replace(/@@L\d+@@/g, ''));
  if (!block.background && !block.border) return `<mj-text css-class="pc-body" ${edges(top, right + 8, bottom + block.below, left + 8)}>${inner}</mj-text>`;
  const kept = block.background !== null && !isLight(block.background);
  const look = [
    'width:100%',
    'border-collapse:separate',
    'border-radius:6px',
    ...(block.background ? [`background:${block.background}`] : []),
    ...(block.border ? [`border:1px solid ${block.border}`] : []),
    ...(kept ? ['color:#ffffff'] : []),
  ].join(';');
  return (
    `<mj-text css-class="pc-body" ${edges(0, 8, block.below, 8)}><table class="${kept ? 'pc-dark' : 'pc-box'} pc-last" width="100%" cellpadding="0" cellspacing="0" style="${look}"><tbody><tr>` +
    `<td class="pc-last" style="padding:${top}px ${right}px ${bottom}px ${left}px">${inner}</td></tr></tbody></table></mj-text>`
  );
}

/** Whether dark text can be read on it. */
export function isLight(colour: string): boolean {
  const part = (at: number) => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5) > 0.179;
}
