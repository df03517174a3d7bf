import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { newKey } from '../../api/client.ts';
import { sendStatement, type Statement, statementTemplatesQuery } from '../../api/statements.ts';
import { FormDialog } from '../../components/dialog.tsx';
import { SelectField, TextField } from '../../components/field.tsx';
import { done } from '../../components/toast.tsx';

/** Sends one statement, to the contacts that get statements or to addresses that are typed. */
export function SendStatementDialog({ statement, onClose }: { statement: Pick<Statement, 'id' | 'number' | 'customer'>; onClose: () => void }) {
  const [to, setTo] = useState('');
  const [templateId, setTemplateId] = useState('');
  const [key] = useState(newKey);
  const templates = useQuery(statementTemplatesQuery);
  const queries = useQueryClient();
  const usable = templates.data ?? [];
  return (
    <FormDialog
      open
      onClose={onClose}
      title={`Send ${statement.number}`}
      lead={statement.customer.name}
      action="Send statement"
      onSubmit={async () => {
        const addresses = to.split(/[\s,;]+/).filter(Boolean);
        await sendStatement(statement.id, { ...(addresses.length > 0 ? { to: addresses } : {}), ...(templateId ? { templateId } : {}) }, key);
        await Promise.all(['statement', 'statements', 'customer', 'statement-run'].map((name) => queries.invalidateQueries({ queryKey: [name] })));
        done(`${statement.number} is on its way.`);
      }}
    >
      <TextField
        label="To"
        optional
        value={to}
        onChange={setTo}
        placeholder="The contacts that get statements"
        help="Leave it empty for the customer’s contacts, or write addresses with commas between them."
      />
      <SelectField
        label="E-mail template"
        value={templateId}
        onChange={setTemplateId}
        choices={[{ value: '', label: 'The usual one for statements' }, ...usable.map((template) => ({ value: template.id, label: template.name }))]}
      />
    </FormDialog>
  );
}
