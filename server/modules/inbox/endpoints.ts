import type { Endpoint } from '../../platform/http/endpoint.ts';
import { accountEndpoints } from './endpoints/account.ts';
import { threadEndpoints } from './endpoints/threads.ts';

export const endpoints: Endpoint[] = [...accountEndpoints, ...threadEndpoints];
