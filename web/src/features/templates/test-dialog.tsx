import { useState } from 'react';
import { testDraft, type TemplateKind } from '../../api/templates.ts';
import { useSession } from '../../api/session.ts';
import { FormDialog } from '../../components/dialog.tsx';
import { TextField } from '../../components/field.tsx';
import { done } from '../../components/toast.tsx';
import type { TemplateDraft, TextDraft } from './draft.ts';

interface TestProps {
  kind: TemplateKind;
  text: TextDraft;
  attachments: TemplateDraft['attachments'];
  customerId: string | null;
  onClose: () => void;
}

/** Sends the text as it is now, saved or not. */
export function TestDialog({ kind, text, attachments, customerId, onClose }: TestProps) {
  const { user } = useSession();
  const [to, setTo] = useState(user.email);
  return (
    <FormDialog
      open
      onClose={onClose}
      title="Send to me"
      lead="The text as it is now, saved or not, with the data of the preview and its attachments."
      action="Send 1 test"
      blockedBecause={to.trim() ? undefined : 'Write an address first.'}
      onSubmit={async () => {
        const sent = await testDraft({
          kind,
          subject: text.subject,
          body: text.body,
          design: text.design,
          language: text.language,
          single: text.variant === 'one',
          attachments,
          to: to.trim(),
          customerId,
        });
        done(`A test is on its way to ${sent.to}.`);
      }}
    >
      <TextField label="To" type="email" value={to} onChange={setTo} help="The mail says that it is a test; its pay buttons lead nowhere." />
    </FormDialog>
  );
}
