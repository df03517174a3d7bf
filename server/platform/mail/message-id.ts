import { domainOf } from './address.ts';

/** `<id>@<domain of the sender>`: the same row always has the same Message-ID. */
export const messageIdOf = (emailId: string, fromAddress: string): string => `${emailId}@${domainOf(fromAddress)}`;
