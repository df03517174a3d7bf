import type { Endpoint } from '../../platform/http/endpoint.ts';
import { emailEndpoints } from './endpoints/emails.ts';
import { mailServerEndpoints } from './endpoints/mail-server.ts';
import { previewEndpoints } from './endpoints/previews.ts';
import { settingEndpoints } from './endpoints/settings.ts';
import { suppressionEndpoints } from './endpoints/suppressions.ts';

export const endpoints: Endpoint[] = [...previewEndpoints, ...emailEndpoints, ...suppressionEndpoints, ...settingEndpoints, ...mailServerEndpoints];
