import type { Endpoint } from '../../platform/http/endpoint.ts';
import { emailEndpoints } from './endpoints/emails.ts';
import { settingEndpoints } from './endpoints/settings.ts';
import { suppressionEndpoints } from './endpoints/suppressions.ts';
import { templateEndpoints } from './endpoints/templates.ts';

export const endpoints: Endpoint[] = [...templateEndpoints, ...emailEndpoints, ...suppressionEndpoints, ...settingEndpoints];
