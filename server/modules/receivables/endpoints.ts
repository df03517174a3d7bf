import type { Endpoint } from '../../platform/http/endpoint.ts';
import { customerEndpoints } from './endpoints/customers.ts';
import { documentEndpoints } from './endpoints/documents.ts';
import { exportEndpoints } from './endpoints/exports.ts';
import { holdEndpoints } from './endpoints/holds.ts';
import { paymentEndpoints } from './endpoints/payments.ts';

export const endpoints: Endpoint[] = [...documentEndpoints, ...paymentEndpoints, ...customerEndpoints, ...exportEndpoints, ...holdEndpoints];
