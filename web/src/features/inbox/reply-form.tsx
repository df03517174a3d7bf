import { Paperclip, Send, X } from 'lucide-react';
import { useRef, useState } from 'react';
import { newKey } from '../../api/client.ts';
import { addReplyFile, type ConversationDetail, type ReplyFile, sendReply } from '../../api/inbox.ts';
import { ApiProblem } from '../../api/problem.ts';
import { useRefusal } from '../../api/session.ts';
import { Button, IconButton } from '../../components/button.tsx';
import { ErrorSummary, TextArea, TextField } from '../../components/field.tsx';
import { InlineError } from '../../components/states.tsx';
import { done } from '../../components/toast.tsx';
import { FILE_KINDS, FILE_WORDS, sizeWords } from '../../format/files.ts';
import { useRefreshInbox } from './use-refresh-inbox.ts';

/** The answer under a conversation. It goes out as a mail of ours and stays in the conversation. */
export function ReplyForm({ conversation }: { conversation: ConversationDetail }) {
  const answer = conversation.canReplyTo!;
  const empty = { to: answer.address, cc: '', subject: `Re: ${conversation.subject}`.slice(0, 300), text: '' };
  const [draft, setDraft] = useState(empty);
  const [files, setFiles] = useState<ReplyFile[]>([]);
  const [key, setKey] = useState(newKey);
  const [more, setMore] = useState(false);
  const [pending, setPending] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const refusal = useRefusal('correspondence.write');
  const refresh = useRefreshInbox();
  const set = (change: Partial<typeof draft>) => setDraft({ ...draft, ...change });
  const blocked = refusal ?? (draft.text.trim() === '' ? 'Write the answer first.' : draft.to.trim() === '' ? 'Write to whom it goes.' : undefined);
  const errors = problem instanceof ApiProblem ? problem.errors.map((error) => error.message) : [];
  const send = async () => {
    setPending(true);
    setProblem(null);
    try {
      const cc = draft.cc.split(/[,;\s]+/).filter(Boolean);
      await sendReply(
        conversation.id,
        { messageId: answer.messageId, to: draft.to.trim(), cc, subject: draft.subject.trim(), text: draft.text, files: files.map((file) => file.id) },
        key,
      );
      setDraft(empty);
      setFiles([]);
      setKey(newKey());
      await refresh();
      done(`On its way to ${draft.to.trim()}.`);
    } catch (refused) {
      setProblem(refused);
    } finally {
      setPending(false);
    }
  };
  const attach = async (chosen: readonly File[]) => {
    setPending(true);
    setProblem(null);
    try {
      for (const file of chosen) {
        const added = await addReplyFile(conversation.id, file);
        setFiles((before) => [...before, added]);
      }
    } catch (refused) {
      setProblem(refused);
    } finally {
      setPending(false);
    }
  };
  return (
    <form
      aria-label="Reply"
      noValidate
      className="space-y-3 rounded-lg border border-border bg-raised p-3 sm:p-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (blocked === undefined && !pending) void send();
      }}
      onKeyDown={(event) => {
        if (event.key === 'Enter' && (event.metaKey || event.ctrlKey) && blocked === undefined && !pending) void send();
      }}
    >
      {errors.length > 0 && <ErrorSummary errors={errors} />}
      {problem !== null && errors.length === 0 && <InlineError error={problem} />}
      {more ? (
        <div className="grid gap-3 sm:grid-cols-2">
          <TextField label="To" type="email" value={draft.to} onChange={(to) => set({ to })} />
          <TextField label="Copy to" optional value={draft.cc} onChange={(cc) => set({ cc })} help="Several with commas between." />
          <TextField label="Subject" className="sm:col-span-2" value={draft.subject} maxLength={300} onChange={(subject) => set({ subject })} />
        </div>
      ) : (
        <p className="flex flex-wrap items-center gap-x-2 text-table text-muted">
          <span className="[overflow-wrap:anywhere]">To {draft.to}</span>
          <button type="button" className="link rounded" onClick={() => setMore(true)}>
            Change recipients or subject
          </button>
        </p>
      )}
      <TextArea label="Answer" rows={6} maxLength={100_000} value={draft.text} onChange={(text) => set({ text })} />
      <Files files={files} onRemove={(id) => setFiles(files.filter((file) => file.id !== id))} />
      <div className="flex flex-wrap items-center gap-2">
        <Button type="submit" variant="primary" icon={Send} pending={pending} blockedBecause={blocked}>
          Send answer
        </Button>
        <AttachButton blockedBecause={refusal} pending={pending} onFiles={(chosen) => void attach(chosen)} />
        <span className="text-label text-muted max-sm:hidden">Ctrl or ⌘ and Enter sends</span>
      </div>
    </form>
  );
}

function Files({ files, onRemove }: { files: readonly ReplyFile[]; onRemove: (id: string) => void }) {
  if (files.length === 0) return null;
  return (
    <ul aria-label="Attached" className="flex flex-wrap gap-2">
      {files.map((file) => (
        <li key={file.id} className="inline-flex max-w-full items-center gap-1.5 rounded-md border border-border pl-2.5 text-table">
          <Paperclip aria-hidden size={14} className="shrink-0 text-muted" />
          <span className="truncate">{file.name}</span>
          <span className="shrink-0 text-muted">{sizeWords(file.sizeBytes)}</span>
          <IconButton icon={X} size="small" label={`Take ${file.name} off`} onClick={() => onRemove(file.id)} />
        </li>
      ))}
    </ul>
  );
}

function AttachButton({ blockedBecause, pending, onFiles }: { blockedBecause: string | undefined; pending: boolean; onFiles: (files: File[]) => void }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <Button icon={Paperclip} blockedBecause={blockedBecause} title={FILE_WORDS} onClick={() => !pending && input.current?.click()}>
        Attach
      </Button>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label="Files to attach"
        accept={FILE_KINDS.join(',')}
        onChange={(event) => {
          onFiles([...(event.target.files ?? [])]);
          event.target.value = '';
        }}
      />
    </>
  );
}
