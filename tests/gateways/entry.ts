export const accountFields = (account: string): Record<string, string> => ({ routing: '110000000', account, holder: 'Ada Byron' });

/** Fills in the simulator's form, as a browser without scripts does; answers the one-time token. */
export async function enterNumber(url: string, fields: Record<string, string>): Promise<string> {
  const card: Record<string, string> = fields['number'] ? { expiry: '12/34', code: '123', holder: 'Ada Byron' } : {};
  const response = await fetch(url, { method: 'POST', body: new URLSearchParams({ ...card, ...fields }), redirect: 'manual' });
  const location = response.headers.get('location');
  if (response.status !== 303 || !location) throw new Error(`the entry page answered ${response.status}`);
  return new URL(location).searchParams.get('capture')!;
}
