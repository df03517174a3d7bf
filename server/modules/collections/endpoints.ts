import type { Endpoint } from '../../platform/http/endpoint.ts';
import { disputeEndpoints } from './disputes/endpoints.ts';
import { fileEndpoints } from './files/endpoints.ts';
import { noteEndpoints } from './notes/endpoints.ts';
import { promiseEndpoints } from './promises/endpoints.ts';
import { taskEndpoints } from './tasks/endpoints.ts';

export const endpoints: Endpoint[] = [...taskEndpoints, ...promiseEndpoints, ...disputeEndpoints, ...noteEndpoints, ...fileEndpoints];
