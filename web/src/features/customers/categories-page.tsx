import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Pencil, Plus, Tags, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { categoriesQuery, type Category, createCategory, removeCategory, renameCategory } from '../../api/customers.ts';
import { useRefusal } from '../../api/session.ts';
import { Button, IconButton } from '../../components/button.tsx';
import { FormDialog } from '../../components/dialog.tsx';
import { TextField } from '../../components/field.tsx';
import { Card, Page } from '../../components/page.tsx';
import { Empty, Failure, LinesSkeleton } from '../../components/states.tsx';
import { done } from '../../components/toast.tsx';
import { plural } from '../../format/dates.ts';

type Open = { kind: 'new' } | { kind: 'rename' | 'remove'; category: Category } | null;

/** The words that rules and lists use to tell customers apart. */
export function CategoriesPage() {
  const categories = useQuery(categoriesQuery);
  const [open, setOpen] = useState<Open>(null);
  const refusal = useRefusal('customers.write');
  return (
    <Page
      title="Categories"
      lead="A customer can be in several. Reminder rules pick customers by them."
      back={{ label: 'Customers', to: '/customers' }}
      actions={
        <Button variant="primary" icon={Plus} blockedBecause={refusal} onClick={() => setOpen({ kind: 'new' })}>
          New category
        </Button>
      }
    >
      <Card flush>
        {categories.isPending && <LinesSkeleton />}
        {categories.isError && <Failure error={categories.error} retry={() => void categories.refetch()} />}
        {categories.data?.length === 0 && (
          <Empty
            icon={Tags}
            title="No categories yet"
            action={
              <Button blockedBecause={refusal} onClick={() => setOpen({ kind: 'new' })}>
                Add the first category
              </Button>
            }
          >
            Such as “VIP customers”, “Slow paying” or the name of a sales person.
          </Empty>
        )}
        <ul className="divide-y divide-border">
          {categories.data?.map((category) => (
            <li key={category.id} className="flex items-center gap-3 px-4 py-2">
              <span className="min-w-0 flex-1 font-medium [overflow-wrap:anywhere]">{category.name}</span>
              <Link to="/customers" search={{ category: category.id } as never} className="link figures shrink-0">
                {plural(category.customerCount, 'customer')}
              </Link>
              <IconButton
                icon={Pencil}
                size="small"
                label={`Rename ${category.name}`}
                blockedBecause={refusal}
                onClick={() => refusal === undefined && setOpen({ kind: 'rename', category })}
              />
              <IconButton
                icon={Trash2}
                size="small"
                label={`Remove ${category.name}`}
                blockedBecause={refusal}
                onClick={() => refusal === undefined && setOpen({ kind: 'remove', category })}
              />
            </li>
          ))}
        </ul>
      </Card>
      <CategoryDialog open={open} onClose={() => setOpen(null)} />
    </Page>
  );
}

function CategoryDialog({ open, onClose }: { open: Open; onClose: () => void }) {
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const [for_, setFor] = useState<Open>(null);
  if (open !== for_) {
    setFor(open);
    setName(open?.kind === 'rename' ? open.category.name : '');
  }
  const refresh = () => queries.invalidateQueries({ queryKey: ['categories'] });
  if (open?.kind === 'remove') {
    const { category } = open;
    return (
      <FormDialog
        open
        onClose={onClose}
        danger
        title={`Remove “${category.name}”`}
        action="Remove category"
        onSubmit={async () => {
          await removeCategory(category.id);
          await refresh();
          done(`“${category.name}” removed.`);
        }}
      >
        <p>
          {category.customerCount === 0
            ? 'No customer is in it.'
            : `${plural(category.customerCount, 'customer stays', 'customers stay')} and ${category.customerCount === 1 ? 'loses' : 'lose'} this category.`}{' '}
          Rules that name it will match nobody by it.
        </p>
      </FormDialog>
    );
  }
  return (
    <FormDialog
      open={open !== null}
      onClose={onClose}
      title={open?.kind === 'rename' ? 'Rename category' : 'New category'}
      action={open?.kind === 'rename' ? 'Rename' : 'Add category'}
      blockedBecause={name.trim() ? undefined : 'Write a name first.'}
      onSubmit={async () => {
        if (open?.kind === 'rename') await renameCategory(open.category.id, name.trim());
        else await createCategory(name.trim());
        await refresh();
        done(open?.kind === 'rename' ? 'Category renamed.' : `“${name.trim()}” added.`);
      }}
    >
      <TextField label="Name" maxLength={100} value={name} onChange={setName} autoFocus />
    </FormDialog>
  );
}
