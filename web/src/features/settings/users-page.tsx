import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Check, LogOut, Mail, MoreHorizontal, ShieldOff, UserCheck, UserPlus, UserX } from 'lucide-react';
import { useState } from 'react';
import { changeUser, inviteAgain, inviteUser, permissionsQuery, resetUserTotp, signOutUser, type StaffUser, usersQuery } from '../../api/identity.ts';
import { type Role, useRefusal, useSession } from '../../api/session.ts';
import { Button, IconButton } from '../../components/button.tsx';
import { Moment } from '../../components/date.tsx';
import { FormDialog } from '../../components/dialog.tsx';
import { RadioField, TextField } from '../../components/field.tsx';
import { Menu, type MenuAction } from '../../components/menu.tsx';
import { Card, Page } from '../../components/page.tsx';
import { Failure, LinesSkeleton } from '../../components/states.tsx';
import { Status } from '../../components/status.tsx';
import { done, failed } from '../../components/toast.tsx';

export const roleChoices: readonly { value: Role; label: string; help: string }[] = [
  { value: 'administrator', label: 'Administrator', help: 'Everything, with settings, users and API keys.' },
  { value: 'manager', label: 'Manager', help: 'Money, rules, runs and imports; sees settings.' },
  { value: 'collector', label: 'Collector', help: 'Works with customers and mail; moves no money.' },
  { value: 'viewer', label: 'Viewer', help: 'Looks and changes nothing.' },
];

const states = { active: ['positive', 'done', 'Active'], invited: ['caution', 'waiting', 'Invited'], disabled: ['neutral', 'stopped', 'Disabled'] } as const;

/** Who has access, and what each role may do. */
export function UsersPage() {
  const users = useQuery(usersQuery);
  const [inviting, setInviting] = useState(false);
  const refusal = useRefusal('users.write');
  return (
    <Page
      title="Users and roles"
      actions={
        <Button variant="primary" icon={UserPlus} blockedBecause={refusal} onClick={() => setInviting(true)}>
          Invite someone
        </Button>
      }
    >
      <div className="space-y-5">
        <Card flush>
          {users.isPending && <LinesSkeleton />}
          {users.isError && <Failure error={users.error} retry={() => void users.refetch()} />}
          <ul className="divide-y divide-border">
            {users.data?.map((user) => (
              <UserRow key={user.id} user={user} />
            ))}
          </ul>
        </Card>
        <PermissionTable />
      </div>
      <InviteDialog open={inviting} onClose={() => setInviting(false)} />
    </Page>
  );
}

function UserRow({ user }: { user: StaffUser }) {
  const { user: me } = useSession();
  const queries = useQueryClient();
  const refusal = useRefusal('users.write');
  const [tone, icon, word] = states[user.status];
  const act = (work: () => Promise<unknown>, words: string, undo?: () => Promise<unknown>) => async () => {
    const refresh = () => queries.invalidateQueries({ queryKey: ['users'] });
    try {
      await work();
      await refresh();
      done(words, undo && (() => undo().then(refresh)));
    } catch (error) {
      failed(error);
    }
  };
  const toRole = (role: Role) =>
    act(
      () => changeUser(user.id, { role }),
      `${user.name} is now ${role}.`,
      () => changeUser(user.id, { role: user.role }),
    );
  const actions: MenuAction[] = [
    ...roleChoices
      .filter((choice) => choice.value !== user.role)
      .map((choice) => ({ label: `Make ${choice.label.toLowerCase()}`, icon: UserCheck, onSelect: toRole(choice.value), blockedBecause: refusal })),
    ...(user.status === 'invited'
      ? [
          {
            label: 'Send the invitation again',
            icon: Mail,
            onSelect: act(() => inviteAgain(user.id), `Invitation sent to ${user.email}.`),
            blockedBecause: refusal,
          },
        ]
      : []),
    ...(user.totp
      ? [
          {
            label: 'Turn off two-step sign-in',
            icon: ShieldOff,
            onSelect: act(() => resetUserTotp(user.id), `Two-step sign-in of ${user.name} is off.`),
            blockedBecause: refusal,
          },
        ]
      : []),
    ...(user.status === 'active'
      ? [
          {
            label: 'End all sessions',
            icon: LogOut,
            onSelect: act(() => signOutUser(user.id), `${user.name} is signed out everywhere.`),
            blockedBecause: refusal,
          },
        ]
      : []),
    user.status === 'disabled'
      ? {
          label: 'Give access again',
          icon: UserCheck,
          onSelect: act(() => changeUser(user.id, { disabled: false }), `${user.name} has access again.`),
          blockedBecause: refusal,
        }
      : {
          label: 'Disable access',
          icon: UserX,
          danger: true,
          onSelect: act(
            () => changeUser(user.id, { disabled: true }),
            `${user.name} no longer has access.`,
            () => changeUser(user.id, { disabled: false }),
          ),
          blockedBecause: refusal ?? (user.id === me.id ? 'This is you.' : undefined),
        },
  ];
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-3">
      <div className="min-w-0 flex-1 basis-52">
        <p className="truncate font-medium">
          {user.name}
          {user.id === me.id && <span className="font-normal text-muted"> (you)</span>}
        </p>
        <p className="truncate text-table text-muted">{user.email}</p>
      </div>
      <span className="w-28 capitalize">{user.role}</span>
      <span className="w-24">
        <Status tone={tone} icon={icon}>
          {word}
        </Status>
      </span>
      <span className="w-44 text-table text-muted">
        {user.lastSignInAt ? (
          <>
            Signed in <Moment value={user.lastSignInAt} both={false} />
          </>
        ) : (
          'Never signed in'
        )}
        {user.totp && <span className="block">Two-step sign-in</span>}
      </span>
      <Menu trigger={<IconButton icon={MoreHorizontal} size="small" label={`Actions for ${user.name}`} />} actions={actions} />
    </li>
  );
}

function InviteDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const [draft, setDraft] = useState({ name: '', email: '', role: 'collector' as Role });
  const queries = useQueryClient();
  return (
    <FormDialog
      open={open}
      onClose={onClose}
      title="Invite someone"
      lead="They get a mail with a link, good for 7 days, to choose a password."
      action="Send invitation"
      blockedBecause={draft.name.trim() && draft.email.trim() ? undefined : 'Write a name and an e-mail address first.'}
      onSubmit={async () => {
        await inviteUser({ ...draft, name: draft.name.trim(), email: draft.email.trim() });
        await queries.invalidateQueries({ queryKey: ['users'] });
        done(`Invitation sent to ${draft.email.trim()}.`);
        setDraft({ name: '', email: '', role: 'collector' });
      }}
    >
      <TextField label="Name" value={draft.name} onChange={(name) => setDraft({ ...draft, name })} autoFocus />
      <TextField label="E-mail" type="email" value={draft.email} onChange={(email) => setDraft({ ...draft, email })} />
      <RadioField label="Role" value={draft.role} onChange={(role) => setDraft({ ...draft, role: role as Role })} choices={roleChoices} />
    </FormDialog>
  );
}

function PermissionTable() {
  const { data } = useQuery(permissionsQuery);
  if (!data) return null;
  return (
    <Card title="What each role may do" flush>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls sideways must be reachable by the keyboard */}
      <div className="relative overflow-x-auto" tabIndex={0} role="region" aria-label="What each role may do, table">
        <table className="w-full min-w-[560px] text-table">
          <thead>
            <tr className="border-b border-border text-left text-label text-muted">
              <th scope="col" className="px-4 py-2 font-medium">
                May
              </th>
              {roleChoices.map((role) => (
                <th key={role.value} scope="col" className="w-26 px-2 py-2 text-center font-medium">
                  {role.label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {data.map((row) => (
              <tr key={row.permission} className="border-b border-border last:border-0">
                <th scope="row" className="px-4 py-2 text-left font-normal">
                  {row.meaning}
                </th>
                {roleChoices.map((role) => (
                  <td key={role.value} className="px-2 py-2 text-center">
                    {row[role.value] ? (
                      <>
                        <Check aria-hidden size={15} className="mx-auto text-positive" />
                        <span className="sr-only">yes</span>
                      </>
                    ) : (
                      <span className="text-muted" role="img" aria-label="no">
                        –
                      </span>
                    )}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}
