import { Plugin } from '@tiptap/pm/state';
import { Decoration, DecorationSet } from '@tiptap/pm/view';
import { EditorContent, Extension, Mark, mergeAttributes, useEditor, useEditorState, type Editor } from '@tiptap/react';
import StarterKit from '@tiptap/starter-kit';
import { AlignCenter, AlignLeft, AlignRight, Bold, Italic, Link2, List, ListOrdered, Strikethrough, Underline } from 'lucide-react';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { Button, IconButton } from '../../components/button.tsx';
import { FormDialog } from '../../components/dialog.tsx';
import { TextField } from '../../components/field.tsx';

/** Merge tags stand out from the words around them. They stay plain text, so that conditions and filters do as well. */
const TagLook = Extension.create({
  name: 'tagLook',
  addProseMirrorPlugins: () => [
    new Plugin({
      props: {
        decorations(state) {
          const found: Decoration[] = [];
          state.doc.descendants((node, at) => {
            if (!node.isText || !node.text) return;
            for (const match of node.text.matchAll(/\{\{[^{}]*\}\}|\{%[^%]*%\}/g))
              found.push(Decoration.inline(at + match.index, at + match.index + match[0].length, { class: 'rounded bg-accent-soft text-accent px-0.5' }));
          });
          return DecorationSet.create(state.doc, found);
        },
      },
    }),
  ],
});

/** Where a paragraph or heading stands; kept as a style, which mail programs understand. */
const Align = Extension.create({
  name: 'align',
  addGlobalAttributes: () => [
    {
      types: ['paragraph', 'heading'],
      attributes: {
        align: {
          default: null,
          parseHTML: (element: HTMLElement) => element.style.textAlign || null,
          renderHTML: (attributes: Record<string, unknown>) => (attributes['align'] ? { style: `text-align:${attributes['align'] as string}` } : {}),
        },
      },
    },
  ],
});

/** Colour and size as they were written: the editor changes words and keeps the looks that it has no button for. */
const Look = Mark.create({
  name: 'look',
  excludes: '',
  addAttributes: () => ({ style: { default: null }, class: { default: null } }),
  parseHTML: () => [{ tag: 'span[style]' }, { tag: 'span[class]' }],
  renderHTML: ({ HTMLAttributes }) => ['span', mergeAttributes(HTMLAttributes), 0],
});
const BoldLook = Extension.create({
  name: 'boldLook',
  addGlobalAttributes: () => [
    {
      types: ['bold'],
      attributes: {
        style: {
          default: null,
          parseHTML: (element: HTMLElement) => element.getAttribute('style'),
          renderHTML: (attributes: Record<string, unknown>) => (attributes['style'] ? { style: attributes['style'] as string } : {}),
        },
      },
    },
  ],
});

interface TextEditorProps {
  label: string;
  html: string;
  onChange: (html: string) => void;
  /** More buttons for the bar, such as the menu of merge tags; `insert` writes at the cursor. */
  tools: (insert: (text: string) => void) => ReactNode;
  showTools: boolean;
  onFocus?: () => void;
}

/** Words of a mail, edited as they look. */
export function TextEditor({ label, html, onChange, tools, showTools, onFocus }: TextEditorProps) {
  const changed = useRef(onChange);
  changed.current = onChange;
  const written = useRef(html);
  const editor = useEditor({
    extensions: [
      StarterKit.configure({
        heading: { levels: [1, 2, 3] },
        link: { openOnClick: false, protocols: ['http', 'https', 'mailto'], HTMLAttributes: { target: null, rel: null } },
        codeBlock: false,
        code: false,
        trailingNode: false,
      }),
      TagLook,
      Align,
      Look,
      BoldLook,
    ],
    content: html,
    editorProps: {
      attributes: { 'aria-label': label, 'aria-multiline': 'true', role: 'textbox', class: 'mail-text min-h-8 outline-none' },
    },
    onFocus: () => onFocus?.(),
    onUpdate: ({ editor: now }) => {
      written.current = now.getHTML();
      changed.current(written.current);
    },
  });
  // a version or copy that is put in from outside
  useEffect(() => {
    if (editor && html !== written.current) {
      written.current = html;
      editor.commands.setContent(html, { emitUpdate: false });
    }
  }, [editor, html]);
  return (
    <div>
      {showTools && editor && <Toolbar editor={editor}>{tools((text) => editor.chain().focus().insertContent({ type: 'text', text }).run())}</Toolbar>}
      <EditorContent editor={editor} />
    </div>
  );
}

function Toolbar({ editor, children }: { editor: Editor; children: ReactNode }) {
  const [linking, setLinking] = useState(false);
  const state = useEditorState({
    editor,
    selector: ({ editor: now }) => ({
      bold: now.isActive('bold'),
      italic: now.isActive('italic'),
      underline: now.isActive('underline'),
      strike: now.isActive('strike'),
      bullets: now.isActive('bulletList'),
      numbers: now.isActive('orderedList'),
      link: now.isActive('link'),
      heading: [1, 2, 3].find((level) => now.isActive('heading', { level })) ?? 0,
      align: (['center', 'right'] as const).find((align) => now.isActive({ align })) ?? 'left',
    }),
  });
  const chain = () => editor.chain().focus();
  const toggle = (label: string, icon: typeof Bold, pressed: boolean, press: () => void) => (
    <IconButton
      icon={icon}
      label={label}
      size="small"
      aria-pressed={pressed}
      className="aria-pressed:bg-accent-soft aria-pressed:text-accent"
      onClick={press}
    />
  );
  const align = (to: 'left' | 'center' | 'right') =>
    chain()
      .updateAttributes('paragraph', { align: to === 'left' ? null : to })
      .updateAttributes('heading', { align: to === 'left' ? null : to })
      .run();
  return (
    <div role="toolbar" aria-label="Text" className="mb-2 flex flex-wrap items-center gap-0.5 border-b border-border pb-2">
      <select
        aria-label="Paragraph style"
        className="control mr-1 h-8! w-auto! py-0 pr-7! text-table!"
        value={state.heading}
        onChange={(event) => {
          const level = Number(event.target.value) as 0 | 1 | 2 | 3;
          if (level === 0) chain().setParagraph().run();
          else chain().setHeading({ level }).run();
        }}
      >
        <option value={0}>Normal</option>
        <option value={1}>Heading 1</option>
        <option value={2}>Heading 2</option>
        <option value={3}>Heading 3</option>
      </select>
      {toggle('Bold', Bold, state.bold, () => chain().toggleBold().run())}
      {toggle('Italic', Italic, state.italic, () => chain().toggleItalic().run())}
      {toggle('Underline', Underline, state.underline, () => chain().toggleUnderline().run())}
      {toggle('Strike through', Strikethrough, state.strike, () => chain().toggleStrike().run())}
      {toggle('Bullets', List, state.bullets, () => chain().toggleBulletList().run())}
      {toggle('Numbers', ListOrdered, state.numbers, () => chain().toggleOrderedList().run())}
      {toggle('Left', AlignLeft, state.align === 'left', () => align('left'))}
      {toggle('Centred', AlignCenter, state.align === 'center', () => align('center'))}
      {toggle('Right', AlignRight, state.align === 'right', () => align('right'))}
      {toggle('Link', Link2, state.link, () => setLinking(true))}
      <span className="ml-auto flex items-center gap-1">{children}</span>
      {linking && <LinkDialog editor={editor} onClose={() => setLinking(false)} />}
    </div>
  );
}

function LinkDialog({ editor, onClose }: { editor: Editor; onClose: () => void }) {
  const [href, setHref] = useState<string>(() => (editor.getAttributes('link')['href'] as string | undefined) ?? 'https://');
  const wrong = /^(?:https?:\/\/\S+\.\S+|mailto:\S+@\S+)$/i.test(href.trim()) ? undefined : 'Begin the address with https:// or mailto:.';
  return (
    <FormDialog
      open
      onClose={onClose}
      title="Link"
      action="Set the link"
      blockedBecause={wrong}
      onSubmit={async () => {
        const chain = editor.chain().focus().extendMarkRange('link');
        if (editor.state.selection.empty && !editor.isActive('link'))
          chain.insertContent({ type: 'text', text: href.trim(), marks: [{ type: 'link', attrs: { href: href.trim() } }] }).run();
        else chain.setLink({ href: href.trim() }).run();
      }}
    >
      <TextField label="Address" value={href} onChange={setHref} autoFocus />
      {editor.isActive('link') && (
        <Button
          onClick={() => {
            editor.chain().focus().extendMarkRange('link').unsetLink().run();
            onClose();
          }}
        >
          Remove the link
        </Button>
      )}
    </FormDialog>
  );
}
