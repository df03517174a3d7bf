import { useState } from 'react';
import { addNote, listNotes } from '../../api/collections.ts';
import { newKey } from '../../api/client.ts';
import { usePages } from '../../api/pages.ts';
import { useRefusal } from '../../api/session.ts';
import { Button } from '../../components/button.tsx';
import { TextArea } from '../../components/field.tsx';
import { Card } from '../../components/page.tsx';
import { done, failed } from '../../components/toast.tsx';
import { formatMoment } from '../../format/dates.ts';
import { useRefreshCollections } from './refresh.ts';

/** What colleagues wrote down about the customer, the newest first. */
export function NotesCard({ customerId }: { customerId: string }) {
  const notes = usePages(['notes', customerId], (cursor, signal) => listNotes(customerId, cursor, signal));
  const [text, setText] = useState('');
  const [key, setKey] = useState(newKey);
  const [pending, setPending] = useState(false);
  const refusal = useRefusal('collections.write');
  const refresh = useRefreshCollections();
  const add = async () => {
    if (!text.trim() || pending) return;
    setPending(true);
    try {
      await addNote(customerId, text.trim(), key);
      setText('');
      setKey(newKey());
      await refresh();
      done('Note added.');
    } catch (error) {
      failed(error);
    } finally {
      setPending(false);
    }
  };
  return (
    <Card title="Notes">
      {!refusal && (
        <form
          className="space-y-2"
          onSubmit={(event) => {
            event.preventDefault();
            void add();
          }}
        >
          <TextArea label="Write a note" rows={2} maxLength={4000} value={text} onChange={setText} />
          <Button type="submit" size="small" pending={pending} blockedBecause={text.trim() ? undefined : 'Write something first.'}>
            Add note
          </Button>
        </form>
      )}
      {!notes.loading && notes.rows.length === 0 && refusal && <p className="text-table text-muted">Nobody has written anything yet.</p>}
      <ol className="mt-3 space-y-3 empty:hidden">
        {notes.rows.map((note) => (
          <li key={note.id}>
            <p className="whitespace-pre-wrap [overflow-wrap:anywhere]">{note.body}</p>
            <p className="text-label text-muted">
              {note.writtenBy} · {formatMoment(note.writtenAt)}
              {note.disputeId && ' · in a dispute'}
            </p>
          </li>
        ))}
      </ol>
      {notes.more.available && (
        <Button size="small" pending={notes.more.loading} onClick={notes.more.load}>
          Show earlier
        </Button>
      )}
    </Card>
  );
}
