// Generated from openapi.json by "npm run openapi". Do not edit.
export interface paths {
    "/jsonApi/export/payments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Payments since a day or moment, with the documents that they pay */
        get: operations["getJsonApiExportPayments"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/jsonApi/upload/customers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Upload customers
         * @description A JSON array of objects, or one object. Rows are independent: one with errors does not hold up the others. A body that is
         *     cut or malformed is refused whole with line and column. An attribute that is missing stays as it is, null clears it. Sending the
         *     same again changes nothing. Rows with errors are in the answer, which is 200 all the same: look at `failed`. With the content type
         *     `application/x-ndjson` the body is one object on each line. With an Idempotency-Key the answer is kept, and given again for the same body.
         */
        post: operations["postJsonApiUploadCustomers"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/jsonApi/upload/invoices": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Upload invoices, credit memos and payments on account
         * @description A JSON array of objects, or one object. Rows are independent: one with errors does not hold up the others. A body that is
         *     cut or malformed is refused whole with line and column. An attribute that is missing stays as it is, null clears it. Sending the
         *     same again changes nothing. Rows with errors are in the answer, which is 200 all the same: look at `failed`. With the content type
         *     `application/x-ndjson` the body is one object on each line. With an Idempotency-Key the answer is kept, and given again for the same body.
         */
        post: operations["postJsonApiUploadInvoices"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/aging": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Aging of the company
         * @description Live, by currency. Credits of a past day are open credit memos only.
         */
        get: operations["getV1Aging"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/aging/customers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Aging by customer
         * @description In one currency, the company’s own when left out.
         */
        get: operations["getV1AgingCustomers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api-keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List API keys */
        get: operations["getV1ApiKeys"];
        put?: never;
        /**
         * Make an API key
         * @description The secret is in this answer and cannot be shown again.
         */
        post: operations["postV1ApiKeys"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api-keys/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Revoke an API key
         * @description Takes effect with the next request. The key stays in the list.
         */
        delete: operations["deleteV1ApiKeysId"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/applications/{id}/undo": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Undo an application
         * @description Of a payment, a credit or a write-off: the invoice is open again by that much and the money lies unapplied.
         */
        post: operations["postV1ApplicationsIdUndo"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/cadences": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the cadences
         * @description All of them, in their order: of several that would take a customer in, the first does.
         */
        get: operations["getV1Cadences"];
        put?: never;
        /**
         * Create a cadence
         * @description Ordered steps before and after the due date. A new cadence is switched off.
         */
        post: operations["postV1Cadences"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/cadences/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a cadence */
        get: operations["getV1CadencesId"];
        put?: never;
        post?: never;
        /**
         * Delete a cadence
         * @description Its customers are free for other cadences, its manual steps end; what it decided stays on record.
         */
        delete: operations["deleteV1CadencesId"];
        options?: never;
        head?: never;
        /**
         * Change a cadence
         * @description Fields that are left out stay; steps are given all together. Members stay. With `version`, what somebody changed meanwhile is not overwritten: 409.
         */
        patch: operations["patchV1CadencesId"];
        trace?: never;
    };
    "/v1/cadences/{id}/activate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Switch a cadence on
         * @description From today on: days before are not made up for. Customers that meet its condition come in at once.
         */
        post: operations["postV1CadencesIdActivate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/cadences/{id}/deactivate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Switch a cadence off
         * @description Its customers stay in it; manual steps that wait end.
         */
        post: operations["postV1CadencesIdDeactivate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/cadences/{id}/duplicate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Copy a cadence
         * @description The same steps and condition, switched off and without customers.
         */
        post: operations["postV1CadencesIdDuplicate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/cadences/{id}/members": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the customers in a cadence
         * @description By name.
         */
        get: operations["getV1CadencesIdMembers"];
        put?: never;
        /**
         * Put customers into a cadence
         * @description A customer is in at most one cadence: with `move` it leaves the other one.
         */
        post: operations["postV1CadencesIdMembers"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/cadences/{id}/members/pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Pause customers of a cadence
         * @description No step is taken for them until somebody starts them again.
         */
        post: operations["postV1CadencesIdMembersPause"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/cadences/{id}/members/remove": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take customers out of a cadence
         * @description Its condition does not bring them back; a person can.
         */
        post: operations["postV1CadencesIdMembersRemove"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/cadences/{id}/members/start": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Start paused customers of a cadence
         * @description Their steps begin with today's.
         */
        post: operations["postV1CadencesIdMembersStart"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/cadences/{id}/move": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Put a cadence before another
         * @description Of several cadences that would take a customer in, the first does.
         */
        post: operations["postV1CadencesIdMove"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/cadences/letter-text": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What a new letter says until somebody writes something else */
        get: operations["getV1CadencesLetterText"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/cadences/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Which customers a condition would take in
         * @description Nothing is written.
         */
        post: operations["postV1CadencesPreview"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/calendar/holidays": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the holidays of the business calendar
         * @description The earliest first, with the days of the week that are no business days.
         */
        get: operations["getV1CalendarHolidays"];
        put?: never;
        /** Add a holiday */
        post: operations["postV1CalendarHolidays"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/calendar/holidays/{day}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Remove a holiday */
        delete: operations["deleteV1CalendarHolidaysDay"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/categories": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List categories */
        get: operations["getV1Categories"];
        put?: never;
        /** Create a category */
        post: operations["postV1Categories"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/categories/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Remove a category
         * @description Its customers stay and lose the category.
         */
        delete: operations["deleteV1CategoriesId"];
        options?: never;
        head?: never;
        /** Rename a category */
        patch: operations["patchV1CategoriesId"];
        trace?: never;
    };
    "/v1/colleagues": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who tasks and disputes can be given to */
        get: operations["getV1Colleagues"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/contacts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the contacts of all customers, the newest first
         * @description A search walks far: a page may have few or no items and a cursor that goes on.
         */
        get: operations["getV1Contacts"];
        put?: never;
        /** Add a contact to a customer */
        post: operations["postV1Contacts"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/contacts/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a contact */
        get: operations["getV1ContactsId"];
        put?: never;
        post?: never;
        /** Remove a contact */
        delete: operations["deleteV1ContactsId"];
        options?: never;
        head?: never;
        /**
         * Change a contact
         * @description Fields that are left out stay.
         */
        patch: operations["patchV1ContactsId"];
        trace?: never;
    };
    "/v1/credit-memos": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List credit memos and payments on account */
        get: operations["getV1CreditMemos"];
        put?: never;
        /** Create a credit memo */
        post: operations["postV1CreditMemos"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/credit-memos/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a credit memo */
        get: operations["getV1CreditMemosId"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/credit-memos/{id}/apply": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Apply a credit to invoices */
        post: operations["postV1CreditMemosIdApply"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/credit-memos/{id}/void": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Void a credit memo */
        post: operations["postV1CreditMemosIdVoid"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/customers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List customers with what they owe */
        get: operations["getV1Customers"];
        put?: never;
        /** Create a customer */
        post: operations["postV1Customers"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/customers/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a customer */
        get: operations["getV1CustomersId"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change a customer
         * @description Fields that are left out stay; null empties a field.
         */
        patch: operations["patchV1CustomersId"];
        trace?: never;
    };
    "/v1/customers/{id}/aging": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Balance and aging of a customer */
        get: operations["getV1CustomersIdAging"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/customers/{id}/archive": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Archive a customer
         * @description Out of lists and reminders; nothing is deleted.
         */
        post: operations["postV1CustomersIdArchive"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/customers/{id}/auto-apply": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Apply credits and unapplied cash to the oldest due invoices */
        post: operations["postV1CustomersIdAutoApply"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/customers/{id}/cadence": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The cadence that a customer is in */
        get: operations["getV1CustomersIdCadence"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/customers/{id}/contacts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the contacts of a customer */
        get: operations["getV1CustomersIdContacts"];
        put?: never;
        /** Add a contact */
        post: operations["postV1CustomersIdContacts"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/customers/{id}/contacts/{contactId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Remove a contact */
        delete: operations["deleteV1CustomersIdContactsContactId"];
        options?: never;
        head?: never;
        /** Change a contact */
        patch: operations["patchV1CustomersIdContactsContactId"];
        trace?: never;
    };
    "/v1/customers/{id}/holds": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What keeps reminders from a customer or its invoices */
        get: operations["getV1CustomersIdHolds"];
        put?: never;
        /**
         * Hold reminders
         * @description The customer says that it has paid, pays by a plan, or is charged automatically. No reminder asks for these invoices up to and including the day; without invoices for none of the customer. Disputes and promises place holds of their own.
         */
        post: operations["postV1CustomersIdHolds"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/customers/{id}/mail": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Mail of both directions of a customer, newest first */
        get: operations["getV1CustomersIdMail"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/customers/{id}/mail-facts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** When a customer last saw an invoice, and which of its addresses do not work */
        get: operations["getV1CustomersIdMailFacts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/customers/{id}/notes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Notes on a customer and its disputes, the newest first */
        get: operations["getV1CustomersIdNotes"];
        put?: never;
        /** Write a note on a customer */
        post: operations["postV1CustomersIdNotes"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/customers/{id}/parent": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Put a customer under another one
         * @description One level: the parent has no parent itself. Null takes the customer out.
         */
        put: operations["putV1CustomersIdParent"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/customers/{id}/pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Pause reminders until a date */
        put: operations["putV1CustomersIdPause"];
        post?: never;
        /** Resume reminders */
        delete: operations["deleteV1CustomersIdPause"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/customers/{id}/payment-methods": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the saved cards and bank accounts of a customer */
        get: operations["getV1CustomersIdPaymentMethods"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/customers/{id}/restore": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Bring back an archived customer */
        post: operations["postV1CustomersIdRestore"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/customers/{id}/timeline": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What happened with a customer
         * @description Events, mails, payments and opened mails, newest first.
         */
        get: operations["getV1CustomersIdTimeline"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/customers/categorize": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Give or take categories in bulk */
        post: operations["postV1CustomersCategorize"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/dashboard": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Are we being paid, and what needs me
         * @description Open amounts and aging are as of now; trend, collections and DSO as of `figuresAt`.
         */
        get: operations["getV1Dashboard"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/disputes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List disputes, the newest first */
        get: operations["getV1Disputes"];
        put?: never;
        /**
         * Open a dispute
         * @description No reminder asks for the invoice until it is resolved. Without an amount it is about the whole invoice.
         */
        post: operations["postV1Disputes"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/disputes/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a dispute with its thread */
        get: operations["getV1DisputesId"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/disputes/{id}/notes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Write into the thread of a dispute */
        post: operations["postV1DisputesIdNotes"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/disputes/{id}/owner": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Give a dispute to somebody */
        put: operations["putV1DisputesIdOwner"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/disputes/{id}/resolve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Resolve a dispute
         * @description Credited: with `createCredit` a credit memo of the disputed amount is made and applied (needs receivables.write), else it comes from the accounting system. The hold ends.
         */
        post: operations["postV1DisputesIdResolve"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/emails": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List e-mails, newest first */
        get: operations["getV1Emails"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/emails/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read an e-mail as its reader saw it */
        get: operations["getV1EmailsId"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/emails/{id}/attachments/{position}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Download what went along with an e-mail
         * @description The very bytes that went; 404 when they are not kept.
         */
        get: operations["getV1EmailsIdAttachmentsPosition"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/emails/{id}/invoice-list": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The list of the invoices of a reminder, drawn again
         * @description With what was open when it was sent.
         */
        get: operations["getV1EmailsIdInvoiceList"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/emails/{id}/send-again": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Send an e-mail again that failed or may not have arrived */
        post: operations["postV1EmailsIdSendAgain"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/emails/counts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How many e-mails wait, and how many need a person */
        get: operations["getV1EmailsCounts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the audit log
         * @description Every change: who, what, before and after. Newest first. Entries are never changed or removed.
         */
        get: operations["getV1Events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/events/types": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The types of event that occurred */
        get: operations["getV1EventsTypes"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/exports/aging": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Export the aging of every customer
         * @description Live. Credits are open credit memos and unapplied cash.
         */
        get: operations["getV1ExportsAging"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/exports/credit-memos": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Export credit memos
         * @description The list with the same filters, as CSV (any length) or XLSX (20,000 rows at most).
         */
        get: operations["getV1ExportsCreditMemos"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/exports/customers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Export customers */
        get: operations["getV1ExportsCustomers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/exports/invoices": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Export invoices
         * @description The list with the same filters, as CSV (any length) or XLSX (20,000 rows at most).
         */
        get: operations["getV1ExportsInvoices"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/exports/payments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Export payments */
        get: operations["getV1ExportsPayments"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/gateway-accounts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the connected gateway accounts; secrets only as set or not set */
        get: operations["getV1GatewayAccounts"];
        put?: never;
        /** Connect a gateway, after its credentials were tried */
        post: operations["postV1GatewayAccounts"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/gateway-accounts/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Change a gateway account */
        put: operations["putV1GatewayAccountsId"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/gateways": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the gateways that can be connected, with their forms */
        get: operations["getV1Gateways"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/holds/{id}/release": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Release a hold
         * @description Reminders go on. A dispute or promise that it comes from stays as it is.
         */
        post: operations["postV1HoldsIdRelease"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/imports": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Send a CSV, Excel or JSON file, as it is in the body, and see how it is understood */
        post: operations["postV1Imports"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/imports/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read an import */
        get: operations["getV1ImportsId"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/imports/{id}/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** See what importing would do; nothing is written */
        post: operations["postV1ImportsIdCheck"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/imports/{id}/import": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Import the file */
        post: operations["postV1ImportsIdImport"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/imports/{id}/mapping": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Say what each column is; without a mapping, begin with a new proposal */
        put: operations["putV1ImportsIdMapping"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/inbox/conversations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List conversations, newest first */
        get: operations["getV1InboxConversations"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/inbox/conversations/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a conversation: mails of both directions */
        get: operations["getV1InboxConversationsId"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/inbox/conversations/{id}/customer": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Say whose a conversation is
         * @description `customerId` null sets it aside. With `always` the same holds for what this sender wrote before and will write.
         */
        put: operations["putV1InboxConversationsIdCustomer"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/inbox/conversations/{id}/files": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Put up a file for an answer, as it is in the body
         * @description PDF, picture, text, CSV, Word or Excel, 10 MB at most. It goes along with the answer that names it; without one it is removed after a day.
         */
        post: operations["postV1InboxConversationsIdFiles"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/inbox/conversations/{id}/read": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Mark a conversation as read or unread */
        put: operations["putV1InboxConversationsIdRead"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/inbox/conversations/{id}/reply": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Answer a message
         * @description The mail goes out like any other of ours, with the headers that keep it in the conversation.
         */
        post: operations["postV1InboxConversationsIdReply"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/inbox/conversations/{id}/suggestions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Customers that a conversation may be of */
        get: operations["getV1InboxConversationsIdSuggestions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/inbox/counts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How many conversations are unread, and how many are of no customer yet */
        get: operations["getV1InboxCounts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/inbox/fetch": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Look for new mail now */
        post: operations["postV1InboxFetch"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/inbox/messages/{id}/attachments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The attachments of a message that came, or of an answer */
        get: operations["getV1InboxMessagesIdAttachments"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/inbox/messages/{id}/attachments/{position}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Download an attachment */
        get: operations["getV1InboxMessagesIdAttachmentsPosition"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/inbox/messages/{id}/pictures/{position}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A picture that stands among the text of a message
         * @description PNG, JPEG, GIF or WebP by what its bytes are; anything else is not found.
         */
        get: operations["getV1InboxMessagesIdPicturesPosition"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/inbox/senders": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Senders of whom a person said whose mail is */
        get: operations["getV1InboxSenders"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/inbox/senders/{address}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Forget what was said of a sender; what was assigned stays */
        delete: operations["deleteV1InboxSendersAddress"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/invoices": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List invoices
         * @description Pages by cursor. A filter that hardly any invoice meets may answer a page with fewer items and a cursor to go on from.
         */
        get: operations["getV1Invoices"];
        put?: never;
        /** Create an invoice */
        post: operations["postV1Invoices"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/invoices/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read an invoice */
        get: operations["getV1InvoicesId"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/invoices/{id}/files": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The shared files on an invoice */
        get: operations["getV1InvoicesIdFiles"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/invoices/{id}/files/{fileId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Take a shared file off an invoice */
        delete: operations["deleteV1InvoicesIdFilesFileId"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/invoices/{id}/holds": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What keeps reminders from an invoice
         * @description Holds on the whole customer are among them.
         */
        get: operations["getV1InvoicesIdHolds"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/invoices/{id}/pdf": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The PDF of an invoice or credit memo
         * @description The source system’s own where it gave one, else drawn from what was uploaded.
         */
        get: operations["getV1InvoicesIdPdf"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/invoices/{id}/timeline": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What happened with an invoice
         * @description Uploaded, changed, reminded, opened, paid: newest first. Credit memos too.
         */
        get: operations["getV1InvoicesIdTimeline"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/invoices/{id}/views": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * When the payer last saw an invoice
         * @description Strong: its link or PDF was opened in a browser. Weak: a mail with it was shown, perhaps by a program. Scanners count as neither.
         */
        get: operations["getV1InvoicesIdViews"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/invoices/{id}/void": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Void an invoice
         * @description Payments and credits applied to it become unapplied again. It stays in the history.
         */
        post: operations["postV1InvoicesIdVoid"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/invoices/{id}/write-off": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Write off an open amount */
        post: operations["postV1InvoicesIdWriteOff"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/invoices/totals": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Count and open amount of a list */
        get: operations["getV1InvoicesTotals"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/letters": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the letters
         * @description Waiting ones and those of a batch by number, others the newest first.
         */
        get: operations["getV1Letters"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/letters/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a letter */
        get: operations["getV1LettersId"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** Write where a waiting letter goes */
        patch: operations["patchV1LettersId"];
        trace?: never;
    };
    "/v1/letters/{id}/pdf": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The PDF of a letter
         * @description As it was printed; while it waits, as it would be printed now.
         */
        get: operations["getV1LettersIdPdf"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/letters/{id}/withdraw": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Withdraw a waiting letter */
        post: operations["postV1LettersIdWithdraw"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/manual-steps": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the manual steps
         * @description What cadences gave people to do. Open ones the oldest first, those that are over the newest first.
         */
        get: operations["getV1ManualSteps"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/manual-steps/{id}/done": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A manual step was done
         * @description The cadence goes on with the next run; the task leaves the worklist.
         */
        post: operations["postV1ManualStepsIdDone"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/manual-steps/{id}/skip": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A manual step is not going to be done
         * @description The cadence goes on with the next run; the task leaves the worklist.
         */
        post: operations["postV1ManualStepsIdSkip"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who is calling, for which company, and what they may do */
        get: operations["getV1Me"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** Change your own name */
        patch: operations["patchV1Me"];
        trace?: never;
    };
    "/v1/me/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Change your own password
         * @description Every other session ends.
         */
        post: operations["postV1MePassword"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/me/totp": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Begin to set up two-step sign-in
         * @description Shows the secret this once, as text, as an address for authenticator apps and as a QR code (SVG). It counts from when a code of it was confirmed.
         */
        post: operations["postV1MeTotp"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/me/totp/confirm": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Turn two-step sign-in on with a first code */
        post: operations["postV1MeTotpConfirm"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/me/totp/disable": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Turn two-step sign-in off */
        post: operations["postV1MeTotpDisable"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/pay-links": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make a pay link to copy
         * @description For these invoices, or for everything that the customer owes in one currency. The address is shown once.
         */
        post: operations["postV1PayLinks"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/payment-attempts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the tries to collect, newest first */
        get: operations["getV1PaymentAttempts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/payment-attempts/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a try to collect with each of its steps */
        get: operations["getV1PaymentAttemptsId"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/payment-attempts/{id}/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ask the gateway now what became of a try to collect
         * @description Never charges. An attempt whose call may still be under way is left alone.
         */
        post: operations["postV1PaymentAttemptsIdCheck"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/payment-methods/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Forget a saved card or bank account */
        delete: operations["deleteV1PaymentMethodsId"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/payments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List payments */
        get: operations["getV1Payments"];
        put?: never;
        /**
         * Record a payment
         * @description Money that came outside of PayorCRM: a check, a transfer. No more is applied than is open; the rest stays unapplied.
         */
        post: operations["postV1Payments"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/payments/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a payment with its applications */
        get: operations["getV1PaymentsId"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/payments/{id}/apply": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Apply unapplied cash to invoices */
        post: operations["postV1PaymentsIdApply"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/payments/{id}/attempt": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the try to collect from which a payment came
         * @description 404 for payments that did not come through a gateway.
         */
        get: operations["getV1PaymentsIdAttempt"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/payments/{id}/refunds": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the refunds of a payment */
        get: operations["getV1PaymentsIdRefunds"];
        put?: never;
        /**
         * Give a payment back, in whole or in part
         * @description The money goes back the way it came; the newest applications are undone and their invoices open again. A refund whose outcome is not known yet answers `unknown` and is looked up. Send an `Idempotency-Key`: the same key is one refund.
         */
        post: operations["postV1PaymentsIdRefunds"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/payments/{id}/return": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Mark a recorded payment as returned
         * @description A check that bounced: its invoices are open again. Payments through a gateway are returned by the gateway’s word alone.
         */
        post: operations["postV1PaymentsIdReturn"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/payments/totals": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Count and amount of a list */
        get: operations["getV1PaymentsTotals"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/permissions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who may do what */
        get: operations["getV1Permissions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/pictures": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the pictures for mails, the newest first */
        get: operations["getV1Pictures"];
        put?: never;
        /**
         * Upload a picture for mails, as it is in the body
         * @description PNG, JPEG, GIF or WebP by its content, 2 MB and 4,000 points on a side at most. The same picture is kept once.
         */
        post: operations["postV1Pictures"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/pictures/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Delete a picture
         * @description Its address answers 404 from then on, so mails that were sent show its text. Problem 409 `picture_used` while a template or the logo shows it.
         */
        delete: operations["deleteV1PicturesId"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/print-batches": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the print batches
         * @description Newest first.
         */
        get: operations["getV1PrintBatches"];
        put?: never;
        /**
         * Put the waiting letters into a print batch
         * @description Fixes what they say, of what is open now; letters with nothing left to ask for are withdrawn. At most 500 at once.
         */
        post: operations["postV1PrintBatches"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/print-batches/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a print batch */
        get: operations["getV1PrintBatchesId"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/print-batches/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cancel a batch
         * @description Its letters wait again, and say anew what is open when they are printed.
         */
        post: operations["postV1PrintBatchesIdCancel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/print-batches/{id}/pdf": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One PDF with all letters of a batch
         * @description The same each time.
         */
        get: operations["getV1PrintBatchesIdPdf"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/print-batches/{id}/printed": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * The letters of a batch were printed
         * @description They are on record as sent.
         */
        post: operations["postV1PrintBatchesIdPrinted"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/promises": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List promises to pay, the newest first */
        get: operations["getV1Promises"];
        put?: never;
        /**
         * Take down a promise to pay
         * @description No reminder asks for what it is about until its day and the days of grace are over, or it is kept.
         */
        post: operations["postV1Promises"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/promises/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a promise to pay */
        get: operations["getV1PromisesId"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/promises/{id}/withdraw": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take a promise back
         * @description Reminders go on. Problem 409 when it is kept or broken already.
         */
        post: operations["postV1PromisesIdWithdraw"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/refunds/{id}/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Ask the gateway now what became of a refund */
        post: operations["postV1RefundsIdCheck"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reminder-decisions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List a customer's reminder decisions
         * @description Newest first.
         */
        get: operations["getV1ReminderDecisions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reminder-rules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the rules
         * @description All of them, in their order, with the last run and the moment of the next.
         */
        get: operations["getV1ReminderRules"];
        put?: never;
        /**
         * Create a rule
         * @description A new rule is switched off.
         */
        post: operations["postV1ReminderRules"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reminder-rules/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a rule
         * @description Also one that is a step of a cadence; the cadence changes it.
         */
        get: operations["getV1ReminderRulesId"];
        put?: never;
        post?: never;
        /**
         * Delete a rule
         * @description It leaves the list; what it decided stays on record.
         */
        delete: operations["deleteV1ReminderRulesId"];
        options?: never;
        head?: never;
        /**
         * Change a rule
         * @description Fields that are left out stay. Each change counts the version up. With `version`, what somebody saved meanwhile is not overwritten: 409.
         */
        patch: operations["patchV1ReminderRulesId"];
        trace?: never;
    };
    "/v1/reminder-rules/{id}/activate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Switch a rule on
         * @description From today on: days before are not made up for.
         */
        post: operations["postV1ReminderRulesIdActivate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reminder-rules/{id}/deactivate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Switch a rule off */
        post: operations["postV1ReminderRulesIdDeactivate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reminder-rules/{id}/duplicate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Copy a rule */
        post: operations["postV1ReminderRulesIdDuplicate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reminder-rules/{id}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Test a rule
         * @description What it would send today and why. Nothing is written.
         */
        post: operations["postV1ReminderRulesIdTest"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reminder-rules/{id}/versions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the versions of a rule
         * @description Newest first: the rule as it was from each change on, also when it was switched on or off. Decisions name the version that made them.
         */
        get: operations["getV1ReminderRulesIdVersions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reminder-rules/{id}/versions/{version}/restore": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Restore a version of a rule
         * @description Name, template, conditions, schedule and repeat become what they were, as a new version. It stays switched on or off as it is.
         */
        post: operations["postV1ReminderRulesIdVersionsVersionRestore"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reminder-rules/sentence": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Say a rule as a sentence
         * @description Of a rule that is being edited; what is missing stands as an ellipsis. Nothing is written.
         */
        post: operations["postV1ReminderRulesSentence"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reminder-rules/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Test a rule that is not saved
         * @description What it would send today and why. Nothing is written.
         */
        post: operations["postV1ReminderRulesTest"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reminder-runs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the runs
         * @description Newest first.
         */
        get: operations["getV1ReminderRuns"];
        put?: never;
        /**
         * Run the active rules now
         * @description Decides at once and answers how many mails, tasks and letters go out and what they ask for; they follow. Nobody is reminded twice of the same rule on a day.
         */
        post: operations["postV1ReminderRuns"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reminder-runs/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a run */
        get: operations["getV1ReminderRunsId"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reminder-runs/{id}/approve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Let a waiting run go
         * @description Its mails leave now. What was paid, paused or disputed meanwhile is left out when they are sent.
         */
        post: operations["postV1ReminderRunsIdApprove"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reminder-runs/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cancel a waiting run
         * @description Nothing of it is sent. Its decisions stay on record as held back.
         */
        post: operations["postV1ReminderRunsIdCancel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reminder-runs/{id}/decisions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List what a run decided */
        get: operations["getV1ReminderRunsIdDecisions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reminders/alarms/{id}/seen": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Take an alarm off the dashboard */
        post: operations["postV1RemindersAlarmsIdSeen"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reminders/backtests": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the back-tests
         * @description Newest first.
         */
        get: operations["getV1RemindersBacktests"];
        put?: never;
        /**
         * Start a back-test
         * @description Replays rules day by day over the recorded past: who would have been mailed, how often, against what was really sent or against other rules. Worked out by a job; read it to see how far it is.
         */
        post: operations["postV1RemindersBacktests"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reminders/backtests/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a back-test
         * @description How far it is; when it is done its days and the contacts with many mails.
         */
        get: operations["getV1RemindersBacktestsId"];
        put?: never;
        post?: never;
        /** Delete a back-test */
        delete: operations["deleteV1RemindersBacktestsId"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reminders/backtests/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Cancel a back-test */
        post: operations["postV1RemindersBacktestsIdCancel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reminders/backtests/{id}/customers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List a back-test's customers
         * @description The most mails first, with the days on which each side mails.
         */
        get: operations["getV1RemindersBacktestsIdCustomers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reminders/by-hand": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a reminder by hand
         * @description Problem 409 `held_back` names what would hold the reminder of a rule back; with `pass` it goes all the same (needs reminders.run), which is recorded. The same `id` sends one mail.
         */
        post: operations["postV1RemindersByHand"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reminders/by-hand/prefill": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * What a reminder by hand begins with, and what stands against it
         * @description Recipients by purpose, subject and words of the template, and as `warnings` whatever would hold the reminder of a rule back now.
         */
        post: operations["postV1RemindersByHandPrefill"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reminders/by-hand/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A reminder by hand as its reader would see it */
        post: operations["postV1RemindersByHandPreview"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reminders/by-hand/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Send a reminder by hand to oneself, to look at it */
        post: operations["postV1RemindersByHandTest"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reminders/calendar": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What will go out in the next days
         * @description The coming runs, simulated: what happens if nothing is paid, uploaded or decided until then.
         */
        get: operations["getV1RemindersCalendar"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reminders/fields": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Fields, operators and kinds of values of a rule */
        get: operations["getV1RemindersFields"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reminders/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Whether reminders leave as they should
         * @description Expected against sent for the last runs, the runs of today, those that wait for a person, and open alarms.
         */
        get: operations["getV1RemindersHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reminders/overrides": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List what was skipped, postponed or sent at once
         * @description Newest first, with what was taken back.
         */
        get: operations["getV1RemindersOverrides"];
        put?: never;
        /**
         * Skip, postpone or send a coming mail at once
         * @description An earlier word about the same mail gives way. "send_now" asks the rules for that day at once, under the same holds and caps.
         */
        post: operations["postV1RemindersOverrides"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reminders/overrides/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Take such a word back */
        delete: operations["deleteV1RemindersOverridesId"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reminders/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What a run started now would send
         * @description Of all active rules. Nothing is written.
         */
        get: operations["getV1RemindersPreview"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reminders/samples": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the sample rules
         * @description Those of the guide, and the rules that a new company has.
         */
        get: operations["getV1RemindersSamples"];
        put?: never;
        /**
         * Add a sample rule
         * @description Switched off, with the categories that it speaks of.
         */
        post: operations["postV1RemindersSamples"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reminders/upcoming": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What the reminders will send next
         * @description If nothing is paid or uploaded until then.
         */
        get: operations["getV1RemindersUpcoming"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reminders/why": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Why a customer is or is not reminded on a day
         * @description Of a day that had its run: the record, with each condition’s value at the moment of the run. Of a day to come: what a run would decide.
         */
        get: operations["getV1RemindersWhy"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/search": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Find customers and invoices
         * @description For the command menu: customers by the beginnings of words in name or number, invoices by the beginning of the number.
         */
        get: operations["getV1Search"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Where you are signed in */
        get: operations["getV1Sessions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sessions/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** End one of your sessions */
        delete: operations["deleteV1SessionsId"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sessions/end-others": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** End all your other sessions */
        post: operations["postV1SessionsEndOthers"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/settings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read the settings of the company */
        get: operations["getV1Settings"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change settings
         * @description Only the fields that are given change. Each change is in the audit log with the value before and after.
         */
        patch: operations["patchV1Settings"];
        trace?: never;
    };
    "/v1/settings/inbox": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The mailbox that answers are read from, without its password */
        get: operations["getV1SettingsInbox"];
        /** Set the mailbox that answers are read from */
        put: operations["putV1SettingsInbox"];
        post?: never;
        /** Read the mailbox no more; what was read stays */
        delete: operations["deleteV1SettingsInbox"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/settings/inbox/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign in to a mailbox now and look how many messages are in its folder
         * @description Tests the mailbox in `account` without keeping it, or the one that is set. Nothing in the mailbox changes.
         */
        post: operations["postV1SettingsInboxTest"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/settings/mail-server": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The mail server of the company, without its password, and how it goes */
        get: operations["getV1SettingsMailServer"];
        /** Set the mail server of the company */
        put: operations["putV1SettingsMailServer"];
        post?: never;
        /** Send through the server of this installation again */
        delete: operations["deleteV1SettingsMailServer"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/settings/mail-server/domain": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** SPF, DKIM and DMARC of the sender’s domain, and exactly what to publish */
        get: operations["getV1SettingsMailServerDomain"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/settings/mail-server/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a test mail now, and see what the server answers at each step
         * @description Tests the server that is set, or the one in `server` without keeping it. Stops at the first step that fails. A mail is really sent.
         */
        post: operations["postV1SettingsMailServerTest"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/settings/mail/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Send a test mail now and say what the mail server answered */
        post: operations["postV1SettingsMailTest"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/settings/secrets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Which secrets are set
         * @description Secrets are never shown: a mail server without its password, and of DKIM what is public in DNS.
         */
        get: operations["getV1SettingsSecrets"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/settings/secrets/dkim": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Set the DKIM keys
         * @description Private keys in PEM form. The answer has the records that must be in DNS.
         */
        put: operations["putV1SettingsSecretsDkim"];
        post?: never;
        /** Take the DKIM keys away */
        delete: operations["deleteV1SettingsSecretsDkim"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/settings/secrets/dkim/generate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make new DKIM keys
         * @description An RSA key of 2048 bits and an Ed25519 key. Publish the records of the answer in DNS; until then receivers see an unknown key.
         */
        post: operations["postV1SettingsSecretsDkimGenerate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/settings/secrets/smtp-url": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Set the mail server
         * @description The mail server of the company, instead of the one of this installation. `null` goes back to that.
         */
        put: operations["putV1SettingsSecretsSmtpUrl"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/shared-files": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List shared files, the newest first */
        get: operations["getV1SharedFiles"];
        put?: never;
        /**
         * Share a file, as it is in the body
         * @description PDF, picture, text, CSV, Word or Excel, 10 MB at most. Templates with shared files attach those of their invoices.
         */
        post: operations["postV1SharedFiles"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/shared-files/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Stop sharing a file
         * @description It goes off every invoice.
         */
        delete: operations["deleteV1SharedFilesId"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/shared-files/{id}/content": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The content of a shared file */
        get: operations["getV1SharedFilesIdContent"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/shared-files/{id}/invoices": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Put a shared file on invoices */
        post: operations["postV1SharedFilesIdInvoices"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/statement-rules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the statement rules
         * @description All of them, in their order, with the last run and the day of the next.
         */
        get: operations["getV1StatementRules"];
        put?: never;
        /**
         * Create a statement rule
         * @description A new rule is switched off.
         */
        post: operations["postV1StatementRules"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/statement-rules/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a statement rule */
        get: operations["getV1StatementRulesId"];
        put?: never;
        post?: never;
        /**
         * Delete a statement rule
         * @description It leaves the list; what it made stays on record.
         */
        delete: operations["deleteV1StatementRulesId"];
        options?: never;
        head?: never;
        /**
         * Change a statement rule
         * @description Fields that are left out stay. Each change counts the version up. With `version`, what somebody saved meanwhile is not overwritten: 409.
         */
        patch: operations["patchV1StatementRulesId"];
        trace?: never;
    };
    "/v1/statement-rules/{id}/activate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Switch a statement rule on
         * @description From its next hour on: days before are not made up for.
         */
        post: operations["postV1StatementRulesIdActivate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/statement-rules/{id}/deactivate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Switch a statement rule off */
        post: operations["postV1StatementRulesIdDeactivate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/statement-rules/{id}/duplicate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Copy a statement rule */
        post: operations["postV1StatementRulesIdDuplicate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/statement-rules/{id}/versions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the versions of a statement rule
         * @description Newest first: the rule as it was from each change on, also when it was switched on or off. Statements name the version that made them.
         */
        get: operations["getV1StatementRulesIdVersions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/statement-rules/{id}/versions/{version}/restore": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Restore a version of a statement rule
         * @description Everything becomes what it was, as a new version. It stays switched on or off as it is.
         */
        post: operations["postV1StatementRulesIdVersionsVersionRestore"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/statement-rules/sentence": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Read a statement rule as a sentence */
        post: operations["postV1StatementRulesSentence"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/statement-rules/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Test a statement rule that is not saved
         * @description Which statements it would make today. Nothing is written.
         */
        post: operations["postV1StatementRulesTest"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/statement-runs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the statement runs
         * @description Newest first.
         */
        get: operations["getV1StatementRuns"];
        put?: never;
        /**
         * Run statement rules now
         * @description Plans the statements as of today at once and answers how many there are; they are drawn and mailed in the background. With `mails: false` they are made for paper and nobody is written to.
         */
        post: operations["postV1StatementRuns"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/statement-runs/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a statement run */
        get: operations["getV1StatementRunsId"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/statement-runs/{id}/print.pdf": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * All statements of a run as one PDF for the printer
         * @description Each with page numbers of its own, in the order of the customers.
         */
        get: operations["getV1StatementRunsIdPrintPdf"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/statement-runs/{id}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Try again what failed in a run
         * @description Only that: statements that could not be drawn, those held back whose customer can be written to now, and mails that failed.
         */
        post: operations["postV1StatementRunsIdRetry"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/statement-runs/{id}/statements": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the statements of a run */
        get: operations["getV1StatementRunsIdStatements"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/statement-runs/{id}/statements.zip": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All statements of a run as one ZIP */
        get: operations["getV1StatementRunsIdStatementsZip"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/statements": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List statements
         * @description Newest first; of one customer, or the one with a number.
         */
        get: operations["getV1Statements"];
        put?: never;
        /**
         * Make a statement of one customer
         * @description As of any day that has come; numbered, kept, and not sent. One for each currency, unless one is named.
         */
        post: operations["postV1Statements"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/statements/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a statement
         * @description As it was on its date, whatever happened since.
         */
        get: operations["getV1StatementsId"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/statements/{id}/pdf": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The PDF of a statement
         * @description The same bytes at any time.
         */
        get: operations["getV1StatementsIdPdf"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/statements/{id}/send": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a statement by mail
         * @description To the contacts that get statements, or to the addresses given. Each call sends it once more.
         */
        post: operations["postV1StatementsIdSend"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/statements/{id}/xlsx": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A statement as a spreadsheet */
        get: operations["getV1StatementsIdXlsx"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/statements/logo": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The logo of statements */
        get: operations["getV1StatementsLogo"];
        /**
         * Set the logo of statements
         * @description A PNG or JPEG of at most 500 kB, printed on statements from now on; null takes it away.
         */
        put: operations["putV1StatementsLogo"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/statements/samples": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the sample statement rules
         * @description Those of the guide, and the rules that a new company has.
         */
        get: operations["getV1StatementsSamples"];
        put?: never;
        /**
         * Add a sample statement rule
         * @description Switched off, with the categories that it speaks of.
         */
        post: operations["postV1StatementsSamples"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/suppressions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Addresses that get no mail, by address */
        get: operations["getV1Suppressions"];
        put?: never;
        /** Stop all mail to an address */
        post: operations["postV1Suppressions"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/suppressions/{address}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Allow mail to an address again */
        delete: operations["deleteV1SuppressionsAddress"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tasks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List tasks
         * @description Open ones by the day they are due, finished ones the newest first.
         */
        get: operations["getV1Tasks"];
        put?: never;
        /** Create a task */
        post: operations["postV1Tasks"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tasks/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a task */
        get: operations["getV1TasksId"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change or reassign an open task
         * @description Fields that are left out stay. Problem 409 for a finished task.
         */
        patch: operations["patchV1TasksId"];
        trace?: never;
    };
    "/v1/tasks/{id}/done": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A task was done */
        post: operations["postV1TasksIdDone"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tasks/{id}/skip": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A task is not going to be done */
        post: operations["postV1TasksIdSkip"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tasks/counts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How many open tasks there are */
        get: operations["getV1TasksCounts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/templates": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List templates and the merge tags that they may use */
        get: operations["getV1Templates"];
        put?: never;
        /**
         * Create a template
         * @description A text is HTML in `body`, or blocks in `design`. It is checked and compiled now; mails only fill in values.
         */
        post: operations["postV1Templates"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/templates/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a template */
        get: operations["getV1TemplatesId"];
        /**
         * Save a new version of a template
         * @description `version` is the version that was edited; 409 when another was saved meanwhile.
         */
        put: operations["putV1TemplatesId"];
        post?: never;
        /**
         * Delete a template
         * @description Mails that were sent with it keep their text. The default template stays.
         */
        delete: operations["deleteV1TemplatesId"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/templates/{id}/duplicate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make a copy of a template */
        post: operations["postV1TemplatesIdDuplicate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/templates/{id}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Send a template to an address, to look at it */
        post: operations["postV1TemplatesIdTest"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/templates/{id}/versions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Earlier versions of a template, newest first */
        get: operations["getV1TemplatesIdVersions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/templates/{id}/versions/{version}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read an earlier version of a template */
        get: operations["getV1TemplatesIdVersionsVersion"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/templates/{id}/versions/{version}/restore": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Save an earlier version as the newest
         * @description Nothing is lost: the version that is replaced is kept as well.
         */
        post: operations["postV1TemplatesIdVersionsVersionRestore"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/templates/languages": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The languages that contacts read
         * @description A template without a text in one of them sends its main text there.
         */
        get: operations["getV1TemplatesLanguages"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/templates/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * See a draft as a customer would
         * @description Fills the draft for the customer given, else for the one with most open invoices. Links lead nowhere. `findings` says what to mend; with an error in it, `html` is empty.
         */
        post: operations["postV1TemplatesPreview"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/templates/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Send a draft to an address, to look at it */
        post: operations["postV1TemplatesTest"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/totals/customers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Count of a customer list */
        get: operations["getV1TotalsCustomers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/uploads": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List uploads, newest first */
        get: operations["getV1Uploads"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/uploads/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read an upload and a page of its refused rows */
        get: operations["getV1UploadsId"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/uploads/{id}/undo": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Take an upload back, except where something has happened since */
        post: operations["postV1UploadsIdUndo"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List who has access */
        get: operations["getV1Users"];
        put?: never;
        /**
         * Invite somebody
         * @description They get a mail with a link, good for 7 days, to choose a password.
         */
        post: operations["postV1Users"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/users/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read one user */
        get: operations["getV1UsersId"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change name, role or access
         * @description Takes effect at once; disabling ends every session of the user. The last administrator stays one.
         */
        patch: operations["patchV1UsersId"];
        trace?: never;
    };
    "/v1/users/{id}/invitation": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Send the invitation again */
        post: operations["postV1UsersIdInvitation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/users/{id}/sign-out": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** End every session of a user */
        post: operations["postV1UsersIdSignOut"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/users/{id}/totp": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Turn off two-step sign-in of a user
         * @description For somebody who lost the phone.
         */
        delete: operations["deleteV1UsersIdTotp"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        Problem: {
            type: string;
            title: string;
            status: number;
            code: string;
            detail: string;
            errors?: {
                field: string;
                code: string;
                message: string;
            }[];
        };
        /** @description Unknown attributes are kept and shown. */
        CustomerRow: {
            /** @description The number by which invoices name the customer */
            customerno: string | number;
            /** @description Where reminders go; several with commas: the first is written to, the others get a copy */
            emailaddress1: string;
            /** @description Without it first and last name are shown */
            companyname?: string;
            /** @description Of the contact */
            firstname?: string;
            /** @description Of the contact */
            lastname?: string;
            /** @description As written, or +1 212 555 0100 */
            phoneno?: string;
            /** @description Part of the key: the company code; may be empty */
            cocode?: string;
        } & {
            [key: string]: unknown;
        };
        UploadAnswer: {
            /** @description False when rows were sent and none was accepted */
            success: boolean;
            uploadId: string;
            received: number;
            created: number;
            updated: number;
            unchanged: number;
            failed: number;
            /** @description Documents that a snapshot did not name */
            closed: number;
            warnings: {
                field: string;
                code: string;
                message: string;
            }[];
            /** @description Every row up to 10,000; above, only rows with errors or warnings unless results=all */
            results: {
                index: number;
                key: string;
                id?: string;
                /** @enum {string} */
                status: "created" | "updated" | "unchanged" | "error";
                errors?: {
                    field: string;
                    code: string;
                    message: string;
                }[];
                warnings?: {
                    field: string;
                    code: string;
                    message: string;
                }[];
            }[];
        };
        /** @description Unknown attributes are kept and shown. */
        InvoiceRow: {
            /** @description The customerno of a customer that was sent before */
            customerNumber: string | number;
            /** @description The number that the payer knows */
            invoiceNumber: string | number;
            /** @description Major units: 12112 and "12,112.00" are 12,112.00 */
            invoiceAmount: number | string;
            /** @description What is open now; without it the whole amount, less what was paid here */
            balanceAmount?: number | string;
            /** @description ISO 4217; without it the currency of the company */
            currency?: string;
            /**
             * @description Day of the document. Also 20261102, 02.11.2026, 11/02/2026
             * @example 2026-11-02
             */
            invoiceDate?: string;
            /**
             * @description Day on which it was sent; without it invoiceDate, then postDate
             * @example 2026-11-02
             */
            issueDate?: string;
            /**
             * @description Day of posting in the ledger
             * @example 2026-11-02
             */
            postDate?: string;
            /**
             * @description Without it invoiceDate and the days of paymentTerms
             * @example 2026-11-02
             */
            dueDate?: string;
            /** @description "Net 30", "2/10 net 30", "Due on receipt" */
            paymentTerms?: string;
            /** @description S: the customer owes. H: a credit. Decides before postingKey, documentType and the sign */
            debitCreditIndicator?: string;
            /** @description 01–09 debit, 11–19 credit */
            postingKey?: string;
            /** @description RV, DR, DA invoice; DG credit memo; DZ, ZP payment; other texts are kept */
            documentType?: string;
            /** @description open, paid, void and the like; where it contradicts the amounts, the amounts count */
            status?: string;
            /** @description Part of the key: the legal entity; equals the cocode of the customer */
            companyCode?: string;
            /** @description Part of the key: for several open items of one number */
            lineItem?: string;
            /** @description The number in the ledger; with fiscalYear a second key */
            accountingDocNumber?: string;
            /** @description Year of the ledger */
            fiscalYear?: string;
            /** @description Month of the ledger, 01–16 */
            fiscalPeriod?: string;
            /** @description The amount in the home currency of the company code */
            localAmount?: number | string;
            /** @description For filters and rules */
            profitCenter?: string;
            /** @description Names a customer only where createCustomers makes one */
            customerName?: string;
            /** @description Who ordered, where that is not who pays */
            soldTo?: string;
            /** @description Shown with the invoice, for instance the number of the order */
            reference1?: string;
            /** @description A second reference */
            reference2?: string;
            /** @description The invoice that a credit belongs to */
            referenceDocNo?: string;
            /** @description What it is for */
            itemText?: string;
            /** @description Why less was paid */
            reasonCode?: string;
            /** @description The same in words */
            reasonCodeDescription?: string;
            /** @description line1–line3, city, state, postalCode, country; or JSON text of that */
            billAddr?: {
                [key: string]: unknown;
            } | string;
            /** @description The same, for the delivery */
            shipAddr?: {
                [key: string]: unknown;
            } | string;
        } & {
            [key: string]: unknown;
        };
        /** @description Open invoices of one currency by days past due; decimal strings in major units */
        Aging: {
            /** @example USD */
            currency: string;
            /** @description Not yet due; due today counts here */
            current: string;
            days1To30: string;
            days31To60: string;
            days61To90: string;
            over90: string;
            open: string;
            overdue: string;
            /** @description Open credits and unapplied cash, as a positive amount */
            credits: string;
            openCount: number;
            oldestDueOn: string | null;
        };
        CustomerRef: {
            /** Format: uuid */
            id: string;
            name: string;
            number: string;
        };
        ApiKey: {
            /** Format: uuid */
            id: string;
            name: string;
            apiKey: string;
            /** @enum {string} */
            role: "administrator" | "manager" | "collector" | "viewer";
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            createdAt: string;
            createdBy: string | null;
            /** @description to the minute */
            lastUsedAt: string | null;
            revokedAt: string | null;
        };
        CadenceRow: {
            /** Format: uuid */
            id: string;
            name: string;
            /** @description Customers that meet it are taken in at each run; null: people put them in */
            customerCondition: components["schemas"]["ReminderConditionGroup"] | null;
            /** @description Who is taken in, in words */
            assignment: string;
            startsPaused: boolean;
            active: boolean;
            /** @description Of several cadences that would take a customer the first does */
            position: number;
            version: number;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            createdAt: string;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            updatedAt: string;
            /** @description Each step in words */
            steps: string[];
            activeMembers: number;
            pausedMembers: number;
            /** @description Manual steps that a person has to do */
            openSteps: number;
        };
        ReminderConditionGroup: {
            /** @enum {string} */
            combinator: "and" | "or";
            conditions: (components["schemas"]["ReminderCondition"] | components["schemas"]["ReminderConditionGroup"])[];
        };
        ReminderCondition: {
            /** @enum {string} */
            field: "customer_category" | "customer_number" | "customer_name" | "customer_balance" | "customer_overdue_balance" | "days_since_last_contact" | "payment_habit" | "customer_custom" | "cadence" | "due_in" | "overdue_by" | "invoice_amount" | "invoice_balance" | "last_emailed" | "last_viewed" | "document_type" | "company_code" | "profit_center" | "currency" | "invoice_custom";
            /** @description of customer_custom and invoice_custom: which field */
            name?: string;
            /** @enum {string} */
            operator: "equal" | "not_equal" | "less" | "less_or_equal" | "greater" | "greater_or_equal" | "between" | "not_between" | "one_of" | "begins_with" | "contains" | "empty" | "not_empty" | "all" | "uncategorized" | "never" | "more_than_days_ago" | "within_days";
            /** @description days: an integer; amounts: a decimal string in major units; between: two values; one_of: a list; category: its id; custom fields: a text, or a number or date to compare with */
            value?: (string | number) | (string | number)[];
        };
        CadenceStepInput: {
            /**
             * Format: uuid
             * @description of a step that is there; without it a new one is made
             */
            id?: string;
            /** @description days after the due date; negative: before it */
            offsetDays: number;
            /**
             * @description an e-mail, a task for a collector, or a letter that is printed
             * @enum {string}
             */
            channel: "email" | "task" | "letter";
            /**
             * @description an e-mail's template; a letter's, unless it has a text of its own
             * @default null
             */
            templateId: string | null;
            /**
             * @description the contacts of this purpose get it; when there are none those for billing, else the primary one
             * @default reminders
             * @enum {string}
             */
            to: "billing" | "reminders" | "statements" | "escalation" | "letters" | "other";
            /**
             * @description an e-mail: these contacts get copies
             * @default []
             */
            cc: ("billing" | "reminders" | "statements" | "escalation" | "letters" | "other")[];
            /**
             * @description an e-mail: who signs it; null: the company
             * @default null
             */
            senderName: string | null;
            /**
             * @default null
             * @example null
             */
            senderAddress: string | null;
            /**
             * @description a task's title, the subject of a letter with a text of its own
             * @default null
             */
            title: string | null;
            /**
             * @description what is to be done; what the letter says, with merge tags
             * @default null
             */
            body: string | null;
            /**
             * @description a task: the next steps wait until it is done or skipped
             * @default false
             */
            waits: boolean;
            /**
             * @description a task that is waited for: no longer than this
             * @default null
             */
            timeoutDays: number | null;
            /**
             * @description a task: whose it is; null: nobody's yet
             * @default null
             */
            assignedTo: string | null;
        };
        Cadence: {
            /** Format: uuid */
            id: string;
            name: string;
            /** @description Customers that meet it are taken in at each run; null: people put them in */
            customerCondition: components["schemas"]["ReminderConditionGroup"] | null;
            /** @description Who is taken in, in words */
            assignment: string;
            startsPaused: boolean;
            active: boolean;
            /** @description Of several cadences that would take a customer the first does */
            position: number;
            version: number;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            createdAt: string;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            updatedAt: string;
            steps: components["schemas"]["CadenceStep"][];
            activeMembers: number;
            pausedMembers: number;
            removedMembers: number;
            openSteps: number;
        };
        CadenceStep: {
            /** Format: uuid */
            id: string;
            offsetDays: number;
            /** @enum {string} */
            channel: "email" | "task" | "letter";
            templateId: string | null;
            templateName: string | null;
            /** @enum {string} */
            to: "billing" | "reminders" | "statements" | "escalation" | "letters" | "other";
            cc: ("billing" | "reminders" | "statements" | "escalation" | "letters" | "other")[];
            senderName: string | null;
            senderAddress: string | null;
            title: string | null;
            body: string | null;
            waits: boolean;
            timeoutDays: number | null;
            assignedTo: string | null;
            assignedName: string | null;
            /** @description The step in words: "5 days before due: e-mail “Friendly reminder” to billing contacts" */
            sentence: string;
            version: number;
        };
        CadenceMember: {
            customer: {
                /** Format: uuid */
                id: string;
                number: string;
                name: string;
            };
            /** @enum {string} */
            state: "active" | "paused" | "removed";
            /** @enum {string} */
            addedBy: "person" | "condition";
            /**
             * Format: date
             * @description The first day whose steps are taken
             * @example 2026-03-31
             */
            joinedOn: string;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            since: string;
            openSteps: number;
        };
        Holiday: {
            /**
             * Format: date
             * @example 2026-03-31
             */
            day: string;
            name: string;
        };
        ListedContact: {
            /** Format: uuid */
            id: string;
            name: string | null;
            email: string;
            phone: string | null;
            /** @description What the contact gets. Who gets what: contacts with the purpose, else those for billing, else the primary one */
            purposes: ("billing" | "reminders" | "statements" | "escalation" | "letters" | "other")[];
            /** @description Language of mails to this contact; null: the one of the customer */
            language: string | null;
            isPrimary: boolean;
            customer: {
                /** Format: uuid */
                id: string;
                name: string;
                number: string;
            };
        };
        Document: {
            /** Format: uuid */
            id: string;
            /** @enum {string} */
            kind: "invoice" | "credit_memo" | "payment_on_account";
            /** @enum {string} */
            state: "open" | "closed" | "void";
            number: string;
            /** @description Line of the ledger document, when one number has several open items */
            lineItem: string;
            companyCode: string;
            customer: components["schemas"]["CustomerRef"];
            total: components["schemas"]["Money"];
            /** @description What is still owed; of a credit, what is left to apply */
            open: components["schemas"]["Money"];
            /**
             * Format: date
             * @example 2026-03-31
             */
            issuedOn: string;
            /**
             * Format: date
             * @example 2026-03-31
             */
            dueOn: string;
            closedOn: string | null;
            /** @description Days past due in the company’s time zone; 0 when not overdue */
            daysOverdue: number;
            documentType: string | null;
            reference1: string | null;
        };
        Money: {
            /**
             * @description decimal string in major units
             * @example 1250.00
             */
            amount: string;
            /** @example USD */
            currency: string;
        };
        DocumentDetail: {
            /** Format: uuid */
            id: string;
            /** @enum {string} */
            kind: "invoice" | "credit_memo" | "payment_on_account";
            /** @enum {string} */
            state: "open" | "closed" | "void";
            number: string;
            /** @description Line of the ledger document, when one number has several open items */
            lineItem: string;
            companyCode: string;
            customer: components["schemas"]["CustomerRef"];
            total: components["schemas"]["Money"];
            /** @description What is still owed; of a credit, what is left to apply */
            open: components["schemas"]["Money"];
            /**
             * Format: date
             * @example 2026-03-31
             */
            issuedOn: string;
            /**
             * Format: date
             * @example 2026-03-31
             */
            dueOn: string;
            closedOn: string | null;
            /** @description Days past due in the company’s time zone; 0 when not overdue */
            daysOverdue: number;
            documentType: string | null;
            reference1: string | null;
            /** @description As issued; `total` adds later charges */
            amount: components["schemas"]["Money"];
            invoicedOn: string | null;
            postedOn: string | null;
            accountingNumber: string | null;
            fiscalYear: string | null;
            fiscalPeriod: string | null;
            profitCenter: string | null;
            postingKey: string | null;
            debitCredit: string | null;
            paymentTerms: string | null;
            reasonCode: string | null;
            reasonText: string | null;
            reference2: string | null;
            referenceDocument: string | null;
            itemText: string | null;
            soldTo: string | null;
            /** @description As uploaded with the invoice */
            customerName: string | null;
            sourceStatus: string | null;
            /** @description In the home currency of the company code; for reports only */
            localAmount: string | null;
            billAddress: {
                [key: string]: unknown;
            } | null;
            shipAddress: {
                [key: string]: unknown;
            } | null;
            custom: {
                [key: string]: unknown;
            } | null;
            hasSourcePdf: boolean;
            uploadId: string | null;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            createdAt: string;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            updatedAt: string;
            applications: components["schemas"]["Application"][];
        };
        Application: {
            /** Format: uuid */
            id: string;
            /** Format: uuid */
            invoiceId: string;
            invoiceNumber: string;
            /** @enum {string} */
            source: "payment" | "credit_memo" | "source_system" | "write_off" | "void";
            paymentId: string | null;
            creditId: string | null;
            /** @description Negative on a row that undoes another */
            amount: components["schemas"]["Money"];
            /**
             * Format: date
             * @example 2026-03-31
             */
            appliedOn: string;
            reason: string | null;
            reversesId: string | null;
            undone: boolean;
            /** @description True until the source system’s balance confirms it */
            provisional: boolean;
        };
        CustomerItem: {
            /** Format: uuid */
            id: string;
            number: string;
            companyCode: string;
            name: string;
            /** @description Of the primary contact */
            email: string | null;
            phone: string | null;
            categories: {
                /** Format: uuid */
                id: string;
                name: string;
            }[];
            /** @description By currency, the company’s own first */
            balances: {
                open: components["schemas"]["Money"];
                overdue: components["schemas"]["Money"];
                credits: components["schemas"]["Money"];
                openCount: number;
                oldestDueOn: string | null;
            }[];
            pausedUntil: string | null;
            archivedAt: string | null;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            createdAt: string;
        };
        Customer: {
            /** Format: uuid */
            id: string;
            number: string;
            companyCode: string;
            /** @description Company name, else first and last name, else the e-mail address */
            name: string;
            companyName: string | null;
            firstName: string | null;
            lastName: string | null;
            phone: string | null;
            language: string | null;
            /** @description The customer that this one belongs to */
            parent: {
                /** Format: uuid */
                id: string;
                name: string;
                number: string;
            } | null;
            /** @description Customers that belong to this one, the first 1,000 */
            children: {
                /** Format: uuid */
                id: string;
                name: string;
                number: string;
            }[];
            /** @description Attributes of uploads that PayorCRM does not know */
            custom: {
                [key: string]: unknown;
            };
            pausedUntil: string | null;
            pausedReason: string | null;
            archivedAt: string | null;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            createdAt: string;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            updatedAt: string;
            contacts: components["schemas"]["Contact"][];
            categories: {
                /** Format: uuid */
                id: string;
                name: string;
            }[];
        };
        Contact: {
            /** Format: uuid */
            id: string;
            name: string | null;
            email: string;
            phone: string | null;
            /** @description What the contact gets. Who gets what: contacts with the purpose, else those for billing, else the primary one */
            purposes: ("billing" | "reminders" | "statements" | "escalation" | "letters" | "other")[];
            /** @description Language of mails to this contact; null: the one of the customer */
            language: string | null;
            isPrimary: boolean;
        };
        Hold: {
            /** Format: uuid */
            id: string;
            /** Format: uuid */
            customerId: string;
            /** @description null: everything of the customer */
            invoice: {
                /** Format: uuid */
                id: string;
                number: string;
            } | null;
            /** @enum {string} */
            kind: "dispute" | "claimed_paid" | "promise" | "payment_plan" | "autopay";
            /** @description The dispute, promise or mail that it comes from */
            sourceId: string | null;
            /** @description The last day on which it holds; null: until it is released */
            until: string | null;
            note: string | null;
            placedBy: string;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            placedAt: string;
            releasedBy: string | null;
            releasedAt: string | null;
            releasedReason: string | null;
        };
        CollectionNote: {
            /** Format: uuid */
            id: string;
            disputeId: string | null;
            body: string;
            writtenBy: string;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            writtenAt: string;
        };
        TimelineEntry: {
            /** @enum {string} */
            kind: "event" | "email" | "view";
            /** @description Such as invoice.recorded, application.payment, email.sent, email.pixel */
            type: string;
            /** Format: uuid */
            id: string;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            at: string;
            actor: {
                kind: string | null;
                name: string;
            } | null;
            subjectType: string | null;
            subjectId: string | null;
            data: {
                [key: string]: unknown;
            };
        };
        DashboardCurrency: {
            /** @example USD */
            currency: string;
            open: string;
            openCount: number;
            overdue: string;
            /** @description Open credits and unapplied cash */
            credits: string;
            overdue30DaysAgo: string;
            /** @description Percent against 30 days ago; null when nothing was overdue then */
            overdueChange: number | null;
            aging: {
                current: string;
                days1To30: string;
                days31To60: string;
                days61To90: string;
                over90: string;
            };
            collectedThisMonth: string;
            collectedLastMonth: string;
            /** @description The last twelve months, the present one last */
            collected: {
                month: string;
                amount: string;
            }[];
            /** @description Days sales outstanding: open / credit sales of the last 90 days × 90; null without sales */
            dso: number | null;
        };
        Dispute: {
            /** Format: uuid */
            id: string;
            customer: {
                /** Format: uuid */
                id: string;
                name: string;
            };
            invoice: {
                /** Format: uuid */
                id: string;
                number: string;
                open: components["schemas"]["Money"];
            };
            /** @description All that is open on the invoice */
            whole: boolean;
            amount: components["schemas"]["Money"];
            /** @enum {string} */
            reason: "price" | "quantity" | "quality" | "not_received" | "not_ordered" | "duplicate" | "terms" | "tax" | "other";
            /** @enum {string} */
            state: "open" | "credited" | "rejected";
            owner: {
                /** Format: uuid */
                id: string;
                name: string;
            } | null;
            openedBy: string;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            openedAt: string;
            resolvedBy: string | null;
            resolvedAt: string | null;
            resolution: string | null;
            /** @description The credit memo that was made here */
            credit: {
                /** Format: uuid */
                id: string;
                number: string;
            } | null;
        };
        DisputeDetail: {
            /** Format: uuid */
            id: string;
            customer: {
                /** Format: uuid */
                id: string;
                name: string;
            };
            invoice: {
                /** Format: uuid */
                id: string;
                number: string;
                open: components["schemas"]["Money"];
            };
            /** @description All that is open on the invoice */
            whole: boolean;
            amount: components["schemas"]["Money"];
            /** @enum {string} */
            reason: "price" | "quantity" | "quality" | "not_received" | "not_ordered" | "duplicate" | "terms" | "tax" | "other";
            /** @enum {string} */
            state: "open" | "credited" | "rejected";
            owner: {
                /** Format: uuid */
                id: string;
                name: string;
            } | null;
            openedBy: string;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            openedAt: string;
            resolvedBy: string | null;
            resolvedAt: string | null;
            resolution: string | null;
            /** @description The credit memo that was made here */
            credit: {
                /** Format: uuid */
                id: string;
                number: string;
            } | null;
            notes: components["schemas"]["CollectionNote"][];
        };
        Email: {
            /** Format: uuid */
            id: string;
            /** @enum {string} */
            kind: "reminder" | "payment_confirmation" | "receipt" | "payment_returned" | "payment_failed" | "pay_link_again" | "password_reset" | "invite" | "test" | "statement" | "reply" | "alarm" | "task_due";
            /** @enum {string} */
            state: "ready" | "sending" | "sent" | "failed" | "uncertain" | "withdrawn";
            customer: {
                /** Format: uuid */
                id: string;
                name: string;
            } | null;
            to: string;
            cc: string[];
            /** @description null until it is rendered */
            subject: string | null;
            /** @description why it is not sent, or not yet */
            reason: string | null;
            tries: number;
            nextTryAt: string | null;
            sentAt: string | null;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            createdAt: string;
            canSendAgain: boolean;
            /** @description it came back: for good, or for the moment */
            bounced: ("hard" | "soft") | null;
        };
        EmailDetail: {
            /** Format: uuid */
            id: string;
            /** @enum {string} */
            kind: "reminder" | "payment_confirmation" | "receipt" | "payment_returned" | "payment_failed" | "pay_link_again" | "password_reset" | "invite" | "test" | "statement" | "reply" | "alarm" | "task_due";
            /** @enum {string} */
            state: "ready" | "sending" | "sent" | "failed" | "uncertain" | "withdrawn";
            customer: {
                /** Format: uuid */
                id: string;
                name: string;
            } | null;
            to: string;
            cc: string[];
            /** @description null until it is rendered */
            subject: string | null;
            /** @description why it is not sent, or not yet */
            reason: string | null;
            tries: number;
            nextTryAt: string | null;
            sentAt: string | null;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            createdAt: string;
            canSendAgain: boolean;
            /** @description it came back: for good, or for the moment */
            bounced: ("hard" | "soft") | null;
            messageId: string | null;
            /** @description what the mail server said last */
            serverAnswer: string | null;
            templateId: string | null;
            /** @description the reminder run whose decisions led to it */
            runId: string | null;
            /** @description as the customer saw it, with the tokens of its links taken out; null until it is rendered */
            html: string | null;
            text: string | null;
            headers: {
                [key: string]: string;
            };
            invoices: {
                /** Format: uuid */
                id: string;
                number: string;
                open: components["schemas"]["Money"];
            }[];
            /** @description what went along, from position 0 on; null until it is handed over, and of mails from before this was kept */
            attachments: {
                name: string;
                contentType: string;
                sizeBytes: number;
                /** @description the bytes that went along are here, under /v1/emails/{id}/attachments/{position} */
                kept: boolean;
                /** @description where it is drawn anew from what is known now; null: nowhere */
                again: string | null;
            }[] | null;
            bounces: {
                address: string;
                /**
                 * @description hard: the address will never work; soft: not this time
                 * @enum {string}
                 */
                grade: "hard" | "soft";
                /**
                 * @description the answer of the mail server, or a delivery report in the inbox
                 * @enum {string}
                 */
                source: "smtp" | "report";
                status: string | null;
                detail: string | null;
                /**
                 * Format: date-time
                 * @example 2026-03-31T09:00:00Z
                 */
                at: string;
            }[];
            views: {
                /** @enum {string} */
                kind: "pixel" | "pdf" | "link";
                /** @enum {string} */
                grade: "weak" | "strong" | "machine";
                invoiceId: string | null;
                userAgent: string | null;
                /**
                 * Format: date-time
                 * @example 2026-03-31T09:00:00Z
                 */
                at: string;
            }[];
        };
        Event: {
            /** Format: uuid */
            id: string;
            type: string;
            actor: {
                /** @enum {string} */
                kind: "user" | "api_key" | "payer" | "system";
                id: string | null;
                name: string;
            };
            ip: string | null;
            subjectType: string;
            /** Format: uuid */
            subjectId: string;
            customerId: string | null;
            /** @description ids, and `before` and `after` where something was changed */
            data: {
                [key: string]: unknown;
            };
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            occurredAt: string;
        };
        Import: {
            /** Format: uuid */
            id: string;
            /** @enum {string} */
            kind: "customers" | "invoices";
            fileName: string;
            format: string;
            columns: string[];
            /** @description The first 20 rows as text */
            rows: (string | null)[][];
            /** @description By column: an attribute of the guide, "custom" to keep it under its own name, null to leave it out */
            mapping: {
                [key: string]: string | null;
            };
            attributes: {
                name: string;
                required: boolean;
            }[];
            /** @description Required attributes that no column gives */
            missing: string[];
            uploadId: string | null;
        };
        ImportOutcome: {
            /** Format: uuid */
            uploadId: string;
            received: number;
            created: number;
            updated: number;
            unchanged: number;
            failed: number;
            closed: number;
            warnings: {
                field: string;
                code: string;
                message: string;
            }[];
            /** @description The first 200 rows with errors or warnings, errors first */
            results: {
                /** @description Row of the file, the first one under the header is 0 */
                index: number;
                key: string;
                id?: string;
                /** @enum {string} */
                status: "created" | "updated" | "unchanged" | "error";
                errors?: {
                    field: string;
                    code: string;
                    message: string;
                }[];
                warnings?: {
                    field: string;
                    code: string;
                    message: string;
                }[];
            }[];
        };
        Conversation: {
            /** Format: uuid */
            id: string;
            customer: {
                /** Format: uuid */
                id: string;
                name: string;
            } | null;
            subject: string;
            /** @description who wrote last on the other side */
            with: string;
            snippet: string;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            lastAt: string;
            /** @enum {string} */
            lastDirection: "in" | "out";
            messages: number;
            unread: number;
            setAside: boolean;
        };
        ConversationDetail: {
            /** Format: uuid */
            id: string;
            customer: {
                /** Format: uuid */
                id: string;
                name: string;
            } | null;
            subject: string;
            /** @description who wrote last on the other side */
            with: string;
            snippet: string;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            lastAt: string;
            /** @enum {string} */
            lastDirection: "in" | "out";
            messages: number;
            unread: number;
            setAside: boolean;
            canReplyTo: {
                /** Format: uuid */
                messageId: string;
                address: string;
            } | null;
            /** @description both directions, in the order in which they came */
            messagesShown: {
                /** Format: uuid */
                id: string;
                /** @enum {string} */
                direction: "in" | "out";
                kind: string;
                state: string;
                bounced: ("hard" | "soft") | null;
                from: {
                    name: string;
                    address: string;
                };
                to: string[];
                cc: string[];
                replyTo: string | null;
                subject: string;
                /**
                 * Format: date-time
                 * @example 2026-03-31T09:00:00Z
                 */
                at: string;
                text: string;
                /** @description written anew from what is harmless; null: there is text only */
                html: string | null;
                /** @description what the receiving server says of the sender (DMARC); null: nothing */
                authentic: boolean | null;
                /** @description false: too large or too deep to be brought in whole */
                complete: boolean;
                matchedBy: ("thread" | "quote" | "address" | "rule" | "person") | null;
                unread: boolean;
                attachments: {
                    position: number;
                    name: string;
                    contentType: string;
                    sizeBytes: number;
                    /** @description false: too large, or one too many; only its name is here */
                    kept: boolean;
                    /** @description a picture that stands in its place in `html` */
                    inline: boolean;
                }[];
                moreAttachments: number;
            }[];
        };
        ReplyFile: {
            /** Format: uuid */
            id: string;
            name: string;
            sizeBytes: number;
        };
        SharedFile: {
            /** Format: uuid */
            id: string;
            name: string;
            contentType: string;
            sizeBytes: number;
            sharedBy: string;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            createdAt: string;
            invoiceCount: number;
        };
        Letter: {
            /** Format: uuid */
            id: string;
            /** @example L-000001 */
            number: string;
            customer: {
                /** Format: uuid */
                id: string;
                number: string;
                name: string;
            };
            cadence: {
                /** Format: uuid */
                id: string;
                name: string;
            } | null;
            subject: string;
            /** @enum {string} */
            state: "waiting" | "batched" | "printed" | "withdrawn";
            /** @description Why it was withdrawn */
            reason: string | null;
            /** @description The lines below the name; empty: it cannot be sent before somebody writes them */
            address: string[];
            addressTyped: boolean;
            invoices: number;
            batch: {
                /** Format: uuid */
                id: string;
                number: string;
            } | null;
            /**
             * Format: date
             * @example 2026-03-31
             */
            writtenOn: string;
            printedOn: string | null;
        };
        ManualStep: {
            /** Format: uuid */
            id: string;
            cadence: {
                /** Format: uuid */
                id: string;
                name: string;
            };
            title: string;
            body: string | null;
            assignedTo: string | null;
            assignedName: string | null;
            customer: {
                /** Format: uuid */
                id: string;
                number: string;
                name: string;
            };
            /**
             * Format: date
             * @example 2026-03-31
             */
            day: string;
            /** @description The cadence goes no further for the customer while it is open */
            waits: boolean;
            /** @description The last day on which it holds the cadence */
            until: string | null;
            /** @enum {string} */
            state: "open" | "done" | "skipped" | "timed_out" | "ended";
            taskId: string | null;
            /** @description What is open of the invoices that it is about */
            amounts: components["schemas"]["Money"][];
            invoices: {
                /** Format: uuid */
                id: string;
                number: string;
                /**
                 * Format: date
                 * @example 2026-03-31
                 */
                dueOn: string;
                balance: components["schemas"]["Money"];
            }[];
            note: string | null;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            beganAt: string;
            endedBy: string | null;
            endedAt: string | null;
        };
        Me: {
            user: {
                /** Format: uuid */
                id: string;
                /** @enum {string} */
                kind: "user" | "api_key";
                name: string;
                /** @description empty for an API key */
                email: string;
                /** @enum {string} */
                role: "administrator" | "manager" | "collector" | "viewer";
                totp: boolean;
            };
            tenant: {
                /** Format: uuid */
                id: string;
                name: string;
                /** @example USD */
                currency: string;
                timezone: string;
                locale: string;
            };
            permissions: ("settings.read" | "settings.write" | "users.read" | "users.write" | "audit.read" | "customers.read" | "customers.write" | "receivables.read" | "receivables.write" | "payments.read" | "payments.refund" | "reminders.read" | "reminders.write" | "reminders.run" | "reminders.send" | "statements.read" | "statements.write" | "statements.run" | "collections.read" | "collections.write" | "correspondence.read" | "correspondence.write" | "intake.read" | "intake.write" | "reporting.read")[];
        };
        Payment: {
            /** Format: uuid */
            id: string;
            number: string;
            customer: components["schemas"]["CustomerRef"];
            amount: components["schemas"]["Money"];
            applied: components["schemas"]["Money"];
            unapplied: components["schemas"]["Money"];
            refunded: components["schemas"]["Money"];
            /** @enum {string} */
            method: "card" | "bank" | "check" | "transfer" | "cash" | "other";
            /** @enum {string} */
            state: "processing" | "settled" | "returned";
            /**
             * Format: date
             * @example 2026-03-31
             */
            receivedOn: string;
            reference: string | null;
            note: string | null;
            /** @description The gateway attempt that collected it */
            attemptId: string | null;
            returnedOn: string | null;
            returnedReason: string | null;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            createdAt: string;
        };
        PaymentDetail: {
            /** Format: uuid */
            id: string;
            number: string;
            customer: components["schemas"]["CustomerRef"];
            amount: components["schemas"]["Money"];
            applied: components["schemas"]["Money"];
            unapplied: components["schemas"]["Money"];
            refunded: components["schemas"]["Money"];
            /** @enum {string} */
            method: "card" | "bank" | "check" | "transfer" | "cash" | "other";
            /** @enum {string} */
            state: "processing" | "settled" | "returned";
            /**
             * Format: date
             * @example 2026-03-31
             */
            receivedOn: string;
            reference: string | null;
            note: string | null;
            /** @description The gateway attempt that collected it */
            attemptId: string | null;
            returnedOn: string | null;
            returnedReason: string | null;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            createdAt: string;
            applications: components["schemas"]["Application"][];
        };
        Picture: {
            /** Format: uuid */
            id: string;
            name: string;
            /**
             * @description what an image of a template names; it outlives a change of the public host
             * @example /i/…43 characters….png
             */
            path: string;
            /** @description the whole address, which everybody can open who has it */
            url: string;
            contentType: string;
            sizeBytes: number;
            width: number;
            height: number;
            uploadedBy: string;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            createdAt: string;
        };
        PrintBatch: {
            /** Format: uuid */
            id: string;
            /** @example B-00001 */
            number: string;
            /** @enum {string} */
            state: "open" | "printed" | "cancelled";
            letters: number;
            /** @enum {string} */
            paper: "A4" | "Letter";
            madeBy: string;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            madeAt: string;
            endedBy: string | null;
            endedAt: string | null;
        };
        Promise: {
            /** Format: uuid */
            id: string;
            customer: {
                /** Format: uuid */
                id: string;
                name: string;
            };
            amount: components["schemas"]["Money"];
            /** @description What has come in since it was made */
            received: components["schemas"]["Money"];
            /**
             * Format: date
             * @example 2026-03-31
             */
            promisedOn: string;
            /**
             * Format: date
             * @example 2026-03-31
             */
            madeOn: string;
            /** @enum {string} */
            source: "phone" | "email" | "meeting" | "letter" | "other";
            note: string | null;
            /** @enum {string} */
            state: "open" | "kept" | "broken" | "withdrawn";
            /** @description None: whatever the customer owes */
            invoices: {
                /** Format: uuid */
                id: string;
                number: string;
            }[];
            madeBy: string;
            decidedBy: string | null;
            decidedAt: string | null;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            createdAt: string;
        };
        ReminderDecision: {
            customer: {
                /** Format: uuid */
                id: string;
                number: string;
                name: string;
            };
            /**
             * Format: date
             * @description The day whose conditions matched
             * @example 2026-03-31
             */
            day: string;
            rule: {
                /** Format: uuid */
                id: string;
                name: string;
                version: number;
                /** @enum {string} */
                channel: "email" | "task" | "letter";
            };
            /** Format: uuid */
            runId: string;
            /** @enum {string} */
            outcome: "send" | "merged" | "held";
            reason: string;
            /** @description The reason in words */
            text: string;
            amount: components["schemas"]["Money"];
            invoices: number;
            /** @description At most 50 of them */
            documentIds: string[];
            /** @description Invoices that matched and were held back: at most 50 */
            leftOut: {
                /** Format: uuid */
                documentId: string;
                reason: string;
                text: string;
            }[];
            emailId: string | null;
            emailState: string | null;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            decidedAt: string;
        };
        ReminderRule: {
            /** Format: uuid */
            id: string;
            name: string;
            /** Format: uuid */
            templateId: string;
            templateName: string;
            customerCondition: components["schemas"]["ReminderConditionGroup"];
            invoiceCondition: components["schemas"]["ReminderConditionGroup"];
            schedule: components["schemas"]["ReminderSchedule"];
            /** @description null: on each day on which it matches */
            repeat: components["schemas"]["ReminderRepeat"] | null;
            cadenceId: string | null;
            /** @enum {string} */
            channel: "email" | "task" | "letter";
            /** @description The rule in one sentence */
            sentence: string;
            active: boolean;
            /** @description The first day for which the daily run asks the rule */
            activatedOn: string | null;
            position: number;
            version: number;
            /** @description The day of the last run that asked the rule */
            lastRunOn: string | null;
            /** @description The next day on which it can send; null while it is switched off */
            nextRunOn: string | null;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            createdAt: string;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            updatedAt: string;
        };
        /**
         * @example {
         *       "days": "every",
         *       "hour": null,
         *       "holidays": "ignore"
         *     }
         */
        ReminderSchedule: {
            /** @description days on which the rule is asked: every day, Monday to Friday, or given days of the week (1 is Monday) */
            days: ("every" | "weekdays") | number[];
            /** @description in the company's time zone; null: the company's hour */
            hour: number | null;
            /**
             * @description on a day off: sent all the same, on the next or previous business day, or not at all
             * @enum {string}
             */
            holidays: "ignore" | "next" | "previous" | "skip";
        };
        /**
         * @example {
         *       "everyDays": 5,
         *       "limit": 3
         *     }
         */
        ReminderRepeat: {
            /** @description days from one mail of the rule to a customer to the next */
            everyDays: number;
            /** @description how often the rule lists an invoice; null: as long as it matches */
            limit: number | null;
        };
        ReminderRun: {
            /** Format: uuid */
            id: string;
            /**
             * Format: date
             * @example 2026-03-31
             */
            runOn: string;
            /** @enum {string} */
            kind: "daily" | "manual";
            /** @description of a daily run: the hour of the rules that it asked; null is the hour of the company */
            hour: number | null;
            /**
             * @description waiting: larger than usual, for a person to approve or cancel
             * @enum {string}
             */
            state: "running" | "waiting" | "done" | "canceled";
            /** @description The days that the run answers for; the last is its own */
            days: string[];
            /** @description Days without a run that are too long ago to be caught up */
            missedDays: string[];
            /** @enum {string} */
            grouping: "merged" | "per_rule";
            startedBy: string;
            mails: number;
            /** @description Tasks for people: steps of cadences */
            tasks: number;
            /** @description Letters to be printed: steps of cadences */
            letters: number;
            /** @description Decisions listed in the mail of another rule */
            merged: number;
            /** @description Decisions held back */
            held: number;
            /** @description What they ask for, by currency */
            amounts: components["schemas"]["Money"][];
            /** @description A daily run with more mails waits for a person */
            allowedMails: number | null;
            /** @description Who approved or canceled it */
            releasedBy: string | null;
            releasedAt: string | null;
            /** @description What became of the mails; null where it is not counted */
            delivery: {
                /** @description Mails that were to leave: without those withdrawn because nothing was left to ask for */
                expected: number;
                sent: number;
                onTheWay: number;
                withdrawn: number;
                failed: number;
                uncertain: number;
            } | null;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            startedAt: string;
            finishedAt: string | null;
        };
        ReminderTest: {
            /**
             * Format: date
             * @example 2026-03-31
             */
            day: string;
            summary: {
                mails: number;
                tasks: number;
                letters: number;
                merged: number;
                held: number;
                heldReasons: {
                    reason: string;
                    text: string;
                    count: number;
                }[];
                invoices: number;
                amounts: components["schemas"]["Money"][];
            };
            customers: {
                customer: {
                    /** Format: uuid */
                    id: string;
                    number: string;
                    name: string;
                };
                contact: {
                    email: string;
                    name: string | null;
                } | null;
                /** @enum {string} */
                outcome: "send" | "merged" | "held";
                reason: string;
                text: string;
                amount: components["schemas"]["Money"];
                invoiceCount: number;
                /** @description The first ten */
                invoices: {
                    /** Format: uuid */
                    id: string;
                    number: string;
                    /**
                     * Format: date
                     * @example 2026-03-31
                     */
                    dueOn: string;
                    balance: components["schemas"]["Money"];
                    /** @description The values that matched */
                    values: {
                        field: string;
                        label: string;
                        value: string;
                    }[];
                }[];
            }[];
            nextCursor: string | null;
        };
        ReminderRuleVersion: {
            version: number;
            name: string;
            /** Format: uuid */
            templateId: string;
            /** @description null when the template is gone */
            templateName: string | null;
            customerCondition: components["schemas"]["ReminderConditionGroup"];
            invoiceCondition: components["schemas"]["ReminderConditionGroup"];
            schedule: components["schemas"]["ReminderSchedule"];
            repeat: components["schemas"]["ReminderRepeat"] | null;
            sentence: string;
            active: boolean;
            deleted: boolean;
            savedBy: string;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            savedAt: string;
        };
        ReminderRunDetail: {
            /** Format: uuid */
            id: string;
            /**
             * Format: date
             * @example 2026-03-31
             */
            runOn: string;
            /** @enum {string} */
            kind: "daily" | "manual";
            /** @description of a daily run: the hour of the rules that it asked; null is the hour of the company */
            hour: number | null;
            /**
             * @description waiting: larger than usual, for a person to approve or cancel
             * @enum {string}
             */
            state: "running" | "waiting" | "done" | "canceled";
            /** @description The days that the run answers for; the last is its own */
            days: string[];
            /** @description Days without a run that are too long ago to be caught up */
            missedDays: string[];
            /** @enum {string} */
            grouping: "merged" | "per_rule";
            startedBy: string;
            mails: number;
            /** @description Tasks for people: steps of cadences */
            tasks: number;
            /** @description Letters to be printed: steps of cadences */
            letters: number;
            /** @description Decisions listed in the mail of another rule */
            merged: number;
            /** @description Decisions held back */
            held: number;
            /** @description What they ask for, by currency */
            amounts: components["schemas"]["Money"][];
            /** @description A daily run with more mails waits for a person */
            allowedMails: number | null;
            /** @description Who approved or canceled it */
            releasedBy: string | null;
            releasedAt: string | null;
            /** @description What became of the mails; null where it is not counted */
            delivery: {
                /** @description Mails that were to leave: without those withdrawn because nothing was left to ask for */
                expected: number;
                sent: number;
                onTheWay: number;
                withdrawn: number;
                failed: number;
                uncertain: number;
            } | null;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            startedAt: string;
            finishedAt: string | null;
            reasons: {
                outcome: string;
                reason: string;
                text: string;
                count: number;
            }[];
            /** @description Of a run that waits or waited for a person: what runs before it sent usually */
            usualMails: number | null;
        };
        ReminderAlarm: {
            /** Format: uuid */
            id: string;
            /** @enum {string} */
            kind: "missed_run" | "unsent_mails" | "waiting_run";
            title: string;
            detail: string[];
            /**
             * Format: date
             * @example 2026-03-31
             */
            runOn: string;
            hour: number | null;
            runId: string | null;
            /** @description Mails that were to go */
            expected: number | null;
            sent: number | null;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            raisedAt: string;
            seenBy: string | null;
        };
        Backtest: {
            /** Format: uuid */
            id: string;
            title: string;
            candidate: {
                /** @constant */
                kind: "live";
            } | {
                /** @constant */
                kind: "current";
            } | {
                /** @constant */
                kind: "rule";
                /** @default null */
                ruleId: string | null;
                /**
                 * @description a saved version of the rule; null: as it is now
                 * @default null
                 */
                version: number | null;
                /**
                 * @description a rule that is not saved; with ruleId in the place of that rule
                 * @default null
                 */
                draft: components["schemas"]["BacktestDraftRule"] | null;
                /**
                 * @description along with the other rules that were live then
                 * @default false
                 */
                together: boolean;
            };
            baseline: {
                /** @constant */
                kind: "sent";
            } | {
                /** @constant */
                kind: "live";
            } | {
                /** @constant */
                kind: "current";
            } | {
                /** @constant */
                kind: "rule";
                /** @default null */
                ruleId: string | null;
                /**
                 * @description a saved version of the rule; null: as it is now
                 * @default null
                 */
                version: number | null;
                /**
                 * @description a rule that is not saved; with ruleId in the place of that rule
                 * @default null
                 */
                draft: components["schemas"]["BacktestDraftRule"] | null;
                /**
                 * @description along with the other rules that were live then
                 * @default false
                 */
                together: boolean;
            };
            /**
             * Format: date
             * @example 2026-03-31
             */
            from: string;
            /**
             * Format: date
             * @example 2026-03-31
             */
            to: string;
            moreThan: number;
            /** @enum {string} */
            state: "waiting" | "running" | "done" | "failed" | "cancelled";
            daysTotal: number;
            daysDone: number;
            summary: {
                mails: number;
                baseMails: number;
                /** @description the same customer on the same day */
                sameMails: number;
                held: number;
                customers: number;
                baseCustomers: number;
                onlyCandidate: number;
                onlyBaseline: number;
                contactsAbove: number;
                mostForContact: number;
                proof: {
                    recorded: number;
                    replayed: number;
                    /** @description decisions that only the record or only the replay has: 0 proves the rules */
                    different: number;
                    examples: {
                        /** @enum {string} */
                        side: "recorded" | "replayed";
                        customer: string;
                        rule: string;
                        /**
                         * Format: date
                         * @example 2026-03-31
                         */
                        day: string;
                        outcome: string;
                        reason: string;
                    }[];
                } | null;
                recordedFrom: string | null;
                tookMs: number;
            } | null;
            error: string | null;
            askedBy: string;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            createdAt: string;
            finishedAt: string | null;
        };
        BacktestDraftRule: {
            name?: string;
            customerCondition: components["schemas"]["ReminderConditionGroup"];
            invoiceCondition: components["schemas"]["ReminderConditionGroup"];
            schedule?: {
                /** @default every */
                days: ("every" | "weekdays") | number[];
                /** @default null */
                hour: number | null;
                /**
                 * @default ignore
                 * @enum {string}
                 */
                holidays: "ignore" | "next" | "previous" | "skip";
            };
            repeat?: {
                everyDays: number;
                /** @default null */
                limit: number | null;
            } | null;
        };
        BacktestDraftRuleInput: {
            name?: string;
            customerCondition: components["schemas"]["ReminderConditionGroup"];
            invoiceCondition: components["schemas"]["ReminderConditionGroup"];
            schedule?: {
                /** @default every */
                days: ("every" | "weekdays") | number[];
                /** @default null */
                hour: number | null;
                /**
                 * @default ignore
                 * @enum {string}
                 */
                holidays: "ignore" | "next" | "previous" | "skip";
            };
            repeat?: {
                everyDays: number;
                /** @default null */
                limit: number | null;
            } | null;
        };
        BacktestDetail: {
            /** Format: uuid */
            id: string;
            title: string;
            candidate: {
                /** @constant */
                kind: "live";
            } | {
                /** @constant */
                kind: "current";
            } | {
                /** @constant */
                kind: "rule";
                /** @default null */
                ruleId: string | null;
                /**
                 * @description a saved version of the rule; null: as it is now
                 * @default null
                 */
                version: number | null;
                /**
                 * @description a rule that is not saved; with ruleId in the place of that rule
                 * @default null
                 */
                draft: components["schemas"]["BacktestDraftRule"] | null;
                /**
                 * @description along with the other rules that were live then
                 * @default false
                 */
                together: boolean;
            };
            baseline: {
                /** @constant */
                kind: "sent";
            } | {
                /** @constant */
                kind: "live";
            } | {
                /** @constant */
                kind: "current";
            } | {
                /** @constant */
                kind: "rule";
                /** @default null */
                ruleId: string | null;
                /**
                 * @description a saved version of the rule; null: as it is now
                 * @default null
                 */
                version: number | null;
                /**
                 * @description a rule that is not saved; with ruleId in the place of that rule
                 * @default null
                 */
                draft: components["schemas"]["BacktestDraftRule"] | null;
                /**
                 * @description along with the other rules that were live then
                 * @default false
                 */
                together: boolean;
            };
            /**
             * Format: date
             * @example 2026-03-31
             */
            from: string;
            /**
             * Format: date
             * @example 2026-03-31
             */
            to: string;
            moreThan: number;
            /** @enum {string} */
            state: "waiting" | "running" | "done" | "failed" | "cancelled";
            daysTotal: number;
            daysDone: number;
            summary: {
                mails: number;
                baseMails: number;
                /** @description the same customer on the same day */
                sameMails: number;
                held: number;
                customers: number;
                baseCustomers: number;
                onlyCandidate: number;
                onlyBaseline: number;
                contactsAbove: number;
                mostForContact: number;
                proof: {
                    recorded: number;
                    replayed: number;
                    /** @description decisions that only the record or only the replay has: 0 proves the rules */
                    different: number;
                    examples: {
                        /** @enum {string} */
                        side: "recorded" | "replayed";
                        customer: string;
                        rule: string;
                        /**
                         * Format: date
                         * @example 2026-03-31
                         */
                        day: string;
                        outcome: string;
                        reason: string;
                    }[];
                } | null;
                recordedFrom: string | null;
                tookMs: number;
            } | null;
            error: string | null;
            askedBy: string;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            createdAt: string;
            finishedAt: string | null;
            days: {
                /**
                 * Format: date
                 * @example 2026-03-31
                 */
                day: string;
                mails: number;
                baseMails: number;
                sameMails: number;
                held: number;
            }[];
            contactsAbove: {
                address: string;
                mails: number;
                mostInWeek: number;
                customers: {
                    /** Format: uuid */
                    id: string;
                    name: string;
                }[];
            }[];
        };
        BacktestCustomer: {
            customer: {
                /** Format: uuid */
                id: string;
                number: string;
                name: string;
            };
            address: string;
            mails: number;
            baseMails: number;
            sameMails: number;
            mostInWeek: number;
            days: string[];
            baseDays: string[];
        };
        ReminderCalendar: {
            /**
             * Format: date
             * @example 2026-03-31
             */
            from: string;
            days: {
                /**
                 * Format: date
                 * @example 2026-03-31
                 */
                day: string;
                isBusinessDay: boolean;
                mails: number;
                held: number;
                runs: {
                    /**
                     * Format: date-time
                     * @example 2026-03-31T09:00:00Z
                     */
                    at: string;
                    /** @description null: the company's hour */
                    hour: number | null;
                    mails: number;
                    tasks: number;
                    letters: number;
                    held: number;
                    /** @description as many as it may send without asking a person, as things stand */
                    allowed: number;
                    /** @description it is larger than that, and will wait for a person */
                    waits: boolean;
                    heldReasons: {
                        reason: string;
                        text: string;
                        count: number;
                    }[];
                    /** @description the most asked for first; what is held back comes last */
                    rows: {
                        customer: {
                            /** Format: uuid */
                            id: string;
                            number: string;
                            name: string;
                        };
                        /** @enum {string} */
                        outcome: "send" | "held";
                        reason: string;
                        text: string;
                        channel: string;
                        rules: {
                            /** Format: uuid */
                            id: string;
                            name: string;
                        }[];
                        invoices: number;
                        amounts: components["schemas"]["Money"][];
                    }[];
                }[];
            }[];
            /** @description Words of people about these days that stand */
            overrides: components["schemas"]["ReminderOverride"][];
        };
        ReminderOverride: {
            /** Format: uuid */
            id: string;
            customer: {
                /** Format: uuid */
                id: string;
                number: string;
                name: string;
            };
            rule: {
                /** Format: uuid */
                id: string;
                name: string;
            } | null;
            /**
             * Format: date
             * @example 2026-03-31
             */
            day: string;
            /** @enum {string} */
            action: "skip" | "postpone" | "send_now";
            toDay: string | null;
            note: string | null;
            madeBy: string;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            madeAt: string;
            withdrawnBy: string | null;
            withdrawnAt: string | null;
        };
        ReminderHealth: {
            /** @enum {string} */
            state: "ok" | "attention";
            /** @description Those that nobody has seen and that are not over */
            alarms: components["schemas"]["ReminderAlarm"][];
            /** @description The runs that are to be today */
            today: {
                /**
                 * Format: date
                 * @example 2026-03-31
                 */
                runOn: string;
                /** @description null: the hour of the company */
                hour: number | null;
                /**
                 * Format: date-time
                 * @example 2026-03-31T09:00:00Z
                 */
                dueAt: string;
                runId: string | null;
                /**
                 * @description late: its moment has passed; missed: longer ago than an alarm waits
                 * @enum {string}
                 */
                state: "coming" | "begun" | "late" | "missed";
            }[];
            /** @description Runs that wait for a person */
            waiting: components["schemas"]["ReminderRun"][];
            /** @description The last ones, with what was expected and what was sent */
            runs: components["schemas"]["ReminderRun"][];
        };
        UpcomingReminders: {
            mails: number;
            tasks: number;
            letters: number;
            merged: number;
            held: number;
            heldReasons: {
                reason: string;
                text: string;
                count: number;
            }[];
            invoices: number;
            amounts: components["schemas"]["Money"][];
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            nextRunAt: string;
            /**
             * Format: date
             * @example 2026-03-31
             */
            day: string;
            activeRules: number;
            rules: {
                /** Format: uuid */
                id: string;
                name: string;
                customers: number;
                invoices: number;
            }[];
            customers: {
                /** Format: uuid */
                customerId: string;
                customerName: string;
                amount: components["schemas"]["Money"];
                invoices: number;
            }[];
        };
        ReminderWhy: {
            items: {
                customer: {
                    /** Format: uuid */
                    id: string;
                    number: string;
                    companyCode: string;
                    name: string;
                };
                /**
                 * Format: date
                 * @example 2026-03-31
                 */
                on: string;
                /** @description The moment whose data the values are: that of the run; null is now */
                asOf: string | null;
                /** @description The runs that answered for the day */
                runs: {
                    /** Format: uuid */
                    id: string;
                    /**
                     * Format: date
                     * @example 2026-03-31
                     */
                    runOn: string;
                    /** @enum {string} */
                    kind: "daily" | "manual";
                    state: string;
                    /**
                     * Format: date-time
                     * @example 2026-03-31T09:00:00Z
                     */
                    plannedAt: string;
                }[];
                invoice: {
                    /** Format: uuid */
                    id: string;
                    number: string;
                    open: boolean;
                    text: string | null;
                } | null;
                openInvoices: number;
                /** @description Reminders that people sent on that day, and what stood against them and was passed */
                byHand: {
                    /** Format: uuid */
                    emailId: string;
                    sentBy: string;
                    /**
                     * Format: date-time
                     * @example 2026-03-31T09:00:00Z
                     */
                    sentAt: string;
                    to: string;
                    state: string;
                    invoices: string[];
                    passed: string[];
                }[];
                rules: {
                    /** Format: uuid */
                    ruleId: string;
                    name: string;
                    version: number;
                    active: boolean;
                    /** @description a step of a cadence */
                    cadence: boolean;
                    /**
                     * @description what the rule does: a mail, or a task or letter of a cadence
                     * @enum {string}
                     */
                    channel: "email" | "task" | "letter";
                    sentence: string;
                    /** @description What it comes to: the decision, with the first reason that held it back, or why there is none */
                    answer: {
                        /** @enum {string} */
                        code: "send" | "merged" | "held" | "not_matched" | "not_active" | "not_asked" | "no_run";
                        reason: string | null;
                        text: string;
                    };
                    /** @description Numbers of the invoices that the rule selects on that day */
                    matched: string[];
                    conditions: {
                        /** @enum {string} */
                        about: "customer" | "invoice";
                        field: string;
                        asked: string;
                        /** @description for at least one invoice */
                        held: boolean;
                        values: {
                            invoice: string;
                            value: string;
                            held: boolean;
                        }[];
                    }[];
                    /** @description What was decided, as recorded */
                    decisions: {
                        /**
                         * Format: date
                         * @example 2026-03-31
                         */
                        day: string;
                        outcome: string;
                        reason: string;
                        text: string;
                        amount: components["schemas"]["Money"];
                        /** Format: uuid */
                        runId: string;
                        emailId: string | null;
                        emailState: string | null;
                        /**
                         * Format: date-time
                         * @example 2026-03-31T09:00:00Z
                         */
                        decidedAt: string;
                    }[];
                    /** @description What a run would decide where nothing is recorded */
                    wouldBe: {
                        outcome: string;
                        reason: string;
                        text: string;
                    } | null;
                }[];
            }[];
        };
        Session: {
            /** Format: uuid */
            id: string;
            current: boolean;
            ip: string | null;
            userAgent: string | null;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            createdAt: string;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            lastSeenAt: string;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            expiresAt: string;
        };
        Settings: {
            company: {
                name: string;
                currency: string;
                timezone: string;
                locale: string;
                /** Format: uuid */
                id: string;
            };
            branding: {
                logoUrl: string | null;
                accent: string;
                address: string;
                phone: string;
                supportEmail: string | null;
            };
            mail: {
                fromName: string | null;
                fromAddress: string | null;
                replyTo: string | null;
                trackOpens: boolean;
                /** @description mail goes through the server of this installation while the own mail server fails */
                fallback: boolean;
            };
            reminders: {
                /** @description hour of the daily run in the time zone of the company */
                hour: number;
                /** @description days that a run makes up for when it did not happen */
                catchUpDays: number;
                /**
                 * @description one message for a customer and day, or one for each rule
                 * @enum {string}
                 */
                grouping: "merged" | "per_rule";
                /** @description days from one mail to a customer to the next; 0: no such limit */
                minContactDays: number;
                /** @description reminders and statements to one address in seven days; null: no such limit */
                weeklyCap: number | null;
                /** @description reminders wait when the last good upload of invoices is older than this; null: they never wait for one */
                freshnessHours: number | null;
                /** @description on days off nothing goes out; it follows on the next business day */
                quietDays: boolean;
                /** @description a daily run that is so many times larger than usual waits for a person */
                brakeFactor: number;
                /** @description a daily run of at most so many mails never waits */
                brakeMinimum: number;
                /** @description hours after which a run that did not begin, or mails that did not leave, raise an alarm */
                alarmAfterHours: number;
                /** @description days for which "I already paid" holds reminders of an invoice back */
                claimedPaidDays: number;
            };
            calendar: {
                /** @description days of the week that are no business days: 1 is Monday, 7 is Sunday */
                weekend: number[];
            };
            intake: {
                /** @description 03/04/2026 is the 3rd of April */
                dayFirst: boolean;
                /** @description 1.250,00 is one thousand two hundred and fifty */
                decimalComma: boolean;
                defaultTermsDays: number;
                /** @description an invoice of an unknown customer creates the customer */
                createCustomers: boolean;
                /** @description columns of imported files, as last chosen */
                mappings: {
                    [key: string]: unknown;
                };
            };
            collections: {
                /** @description days after the promised one until a promise counts as broken */
                promiseGraceDays: number;
            };
            statements: {
                /** @description hour of the daily look at the statement rules, in the time zone of the company */
                hour: number;
                /** @description days that a run makes up for when it did not happen */
                catchUpDays: number;
                /** @description where checks and transfers go, as lines of text; printed on each statement */
                remitTo: string;
                /** @description a sentence to the customer, printed under each statement */
                note: string;
                /** @description set with PUT /v1/statements/logo */
                logoFileId: string | null;
            };
            payments: {
                /** @description a bank payment closes its invoices when it is submitted, not when it has settled */
                applyBankOnSubmission: boolean;
                linkDays: number;
                confirmHours: number;
            };
        };
        InboxSettings: {
            account: {
                host: string;
                port: number;
                user: string;
                passwordSet: boolean;
                /** @enum {string} */
                tls: "always" | "opportunistic";
                secure: boolean;
                folder: string;
                monthsBack: number;
                excludedDomains: string[];
                active: boolean;
            } | null;
            fetchedAt: string | null;
            failing: {
                /**
                 * Format: date-time
                 * @example 2026-03-31T09:00:00Z
                 */
                since: string;
                answer: string;
            } | null;
            /** @description where answers to our mails go: the mailbox should be of this address */
            repliesGoTo: string | null;
        };
        MailServer: {
            /** @description null: mail goes through the server of this installation */
            own: {
                host: string;
                port: number;
                user: string | null;
                passwordSet: boolean;
                /** @enum {string} */
                tls: "always" | "opportunistic";
                secure: boolean;
            } | null;
            /**
             * @description the server of this installation; catches_all: a demo that keeps every mail
             * @enum {string}
             */
            installation: "set" | "not_set" | "catches_all";
            failing: {
                /**
                 * Format: date-time
                 * @example 2026-03-31T09:00:00Z
                 */
                since: string;
                /**
                 * Format: date-time
                 * @example 2026-03-31T09:00:00Z
                 */
                lastAt: string;
                answer: string;
                sentOtherwise: number;
            } | null;
        };
        Secrets: {
            smtpUrl: {
                set: boolean;
                server: string | null;
                updatedAt: string | null;
            };
            dkim: {
                set: boolean;
                updatedAt: string | null;
                domain: string | null;
                selector: string | null;
                ed25519Selector: string | null;
                records: {
                    name: string;
                    /** @constant */
                    type: "TXT";
                    value: string;
                }[];
            };
        };
        StatementRule: {
            /** Format: uuid */
            id: string;
            name: string;
            /** Format: uuid */
            templateId: string;
            templateName: string;
            customerCondition: components["schemas"]["ReminderConditionGroup"];
            invoiceCondition: components["schemas"]["ReminderConditionGroup"];
            schedule: components["schemas"]["StatementSchedule"];
            /**
             * @description open_item lists what is owed; balance_forward what moved the balance in a period
             * @enum {string}
             */
            kind: "open_item" | "balance_forward";
            /**
             * @description with_parent: children stand on the statement of their parent
             * @enum {string}
             */
            family: "separate" | "with_parent";
            showCredits: boolean;
            skipZero: boolean;
            skipCredit: boolean;
            attachXlsx: boolean;
            /** @description The rule in one sentence */
            sentence: string;
            active: boolean;
            /** @description The first day for which the rule is asked */
            activatedOn: string | null;
            lastRunOn: string | null;
            /** @description Null while the rule is off */
            nextRunOn: string | null;
            position: number;
            version: number;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            createdAt: string;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            updatedAt: string;
        };
        StatementSchedule: {
            /** @enum {string} */
            period: "daily" | "weekly" | "monthly";
            /** @description daily: none; weekly: weekdays from 1 (Monday) to 7; monthly: days of the month, 0 is the last one */
            days: number[];
            /**
             * @description what becomes of a day that is no business day
             * @default ignore
             * @enum {string}
             */
            holidays: "ignore" | "next" | "previous" | "skip";
            /**
             * @description in the company's zone; null: the company's hour
             * @default null
             */
            hour: number | null;
        };
        StatementRun: {
            /** Format: uuid */
            id: string;
            /**
             * Format: date
             * @example 2026-03-31
             */
            asOf: string;
            /** @enum {string} */
            kind: "scheduled" | "manual" | "single";
            /** @enum {string} */
            state: "running" | "done";
            rules: {
                /** Format: uuid */
                id: string;
                name: string;
            }[];
            /** @description The days for which rules were due */
            days: string[];
            /** @description false: made for paper, nobody is written to */
            mails: boolean;
            startedBy: string;
            statements: number;
            held: number;
            amounts: components["schemas"]["Money"][];
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            startedAt: string;
            finishedAt: string | null;
        };
        StatementScheduleInput: {
            /** @enum {string} */
            period: "daily" | "weekly" | "monthly";
            /** @description daily: none; weekly: weekdays from 1 (Monday) to 7; monthly: days of the month, 0 is the last one */
            days: number[];
            /**
             * @description what becomes of a day that is no business day
             * @default ignore
             * @enum {string}
             */
            holidays: "ignore" | "next" | "previous" | "skip";
            /**
             * @description in the company's zone; null: the company's hour
             * @default null
             */
            hour: number | null;
        };
        StatementRuleVersion: {
            version: number;
            name: string;
            /** Format: uuid */
            templateId: string;
            /** @description null when the template is gone */
            templateName: string | null;
            customerCondition: components["schemas"]["ReminderConditionGroup"];
            invoiceCondition: components["schemas"]["ReminderConditionGroup"];
            schedule: components["schemas"]["StatementSchedule"];
            /**
             * @description open_item lists what is owed; balance_forward what moved the balance in a period
             * @enum {string}
             */
            kind: "open_item" | "balance_forward";
            /**
             * @description with_parent: children stand on the statement of their parent
             * @enum {string}
             */
            family: "separate" | "with_parent";
            showCredits: boolean;
            skipZero: boolean;
            skipCredit: boolean;
            attachXlsx: boolean;
            sentence: string;
            active: boolean;
            deleted: boolean;
            savedBy: string;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            savedAt: string;
        };
        StatementTest: {
            /**
             * Format: date
             * @example 2026-03-31
             */
            day: string;
            summary: {
                statements: number;
                /** @description Statements whose customer can be written to */
                mails: number;
                held: number;
                invoices: number;
                amounts: components["schemas"]["Money"][];
                holds: {
                    reason: string;
                    text: string;
                    count: number;
                }[];
            };
            items: {
                customer: {
                    /** Format: uuid */
                    id: string;
                    number: string;
                    name: string;
                };
                email: string | null;
                total: components["schemas"]["Money"];
                invoiceCount: number;
                hold: {
                    reason: string;
                    text: string;
                } | null;
                /** @description The first ten */
                invoices: {
                    /** Format: uuid */
                    id: string;
                    number: string;
                    /**
                     * Format: date
                     * @example 2026-03-31
                     */
                    dueOn: string;
                    open: components["schemas"]["Money"];
                }[];
            }[];
            nextCursor: string | null;
        };
        StatementRunDetail: {
            /** Format: uuid */
            id: string;
            /**
             * Format: date
             * @example 2026-03-31
             */
            asOf: string;
            /** @enum {string} */
            kind: "scheduled" | "manual" | "single";
            /** @enum {string} */
            state: "running" | "done";
            rules: {
                /** Format: uuid */
                id: string;
                name: string;
            }[];
            /** @description The days for which rules were due */
            days: string[];
            /** @description false: made for paper, nobody is written to */
            mails: boolean;
            startedBy: string;
            statements: number;
            held: number;
            amounts: components["schemas"]["Money"][];
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            startedAt: string;
            finishedAt: string | null;
            progress: {
                /** @description Not drawn yet */
                planned: number;
                drawn: number;
                /** @description Could not be drawn */
                failed: number;
                held: number;
                mails: {
                    ready: number;
                    sending: number;
                    sent: number;
                    failed: number;
                    uncertain: number;
                    withdrawn: number;
                };
                /** @description Mails that the mail server did not take yet; they go again by themselves */
                waiting: {
                    count: number;
                    reason: string;
                } | null;
                /** @description What a retry would look at */
                retryable: number;
            };
            holds: {
                reason: string;
                text: string;
                count: number;
            }[];
        };
        Statement: {
            /** Format: uuid */
            id: string;
            number: string;
            /**
             * @description open_item lists what is owed; balance_forward what moved the balance in a period
             * @enum {string}
             */
            kind: "open_item" | "balance_forward";
            customer: {
                /** Format: uuid */
                id: string;
                number: string;
                name: string;
            };
            /** @example USD */
            currency: string;
            /**
             * Format: date
             * @example 2026-03-31
             */
            asOf: string;
            from: string | null;
            total: components["schemas"]["Money"];
            overdue: components["schemas"]["Money"];
            invoiceCount: number;
            /** @description Null for one made on demand */
            runId: string | null;
            ruleName: string | null;
            /** @description The version of the rule that made it */
            ruleVersion: number | null;
            /** @enum {string} */
            state: "planned" | "drawn" | "failed";
            failure: string | null;
            hold: {
                reason: string;
                text: string;
            } | null;
            emailId: string | null;
            emailState: string | null;
            emailReason: string | null;
            sentTo: string | null;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            createdAt: string;
        };
        StatementDetail: {
            /** Format: uuid */
            id: string;
            number: string;
            /**
             * @description open_item lists what is owed; balance_forward what moved the balance in a period
             * @enum {string}
             */
            kind: "open_item" | "balance_forward";
            customer: {
                /** Format: uuid */
                id: string;
                number: string;
                name: string;
            };
            /** @example USD */
            currency: string;
            /**
             * Format: date
             * @example 2026-03-31
             */
            asOf: string;
            from: string | null;
            total: components["schemas"]["Money"];
            overdue: components["schemas"]["Money"];
            invoiceCount: number;
            /** @description Null for one made on demand */
            runId: string | null;
            ruleName: string | null;
            /** @description The version of the rule that made it */
            ruleVersion: number | null;
            /** @enum {string} */
            state: "planned" | "drawn" | "failed";
            failure: string | null;
            hold: {
                reason: string;
                text: string;
            } | null;
            emailId: string | null;
            emailState: string | null;
            emailReason: string | null;
            sentTo: string | null;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            createdAt: string;
            /** @description Open items; 2,000 at most */
            lines: {
                /** @enum {string} */
                kind: "invoice" | "credit_memo" | "payment_on_account" | "payment";
                /** Format: uuid */
                id: string;
                number: string;
                /**
                 * Format: date
                 * @example 2026-03-31
                 */
                issuedOn: string;
                dueOn: string | null;
                amount: components["schemas"]["Money"];
                open: components["schemas"]["Money"];
                /** @description The child whose it is, on a parent's statement */
                customer: string | null;
            }[];
            opening: components["schemas"]["Money"] | null;
            movements: {
                /**
                 * Format: date
                 * @example 2026-03-31
                 */
                on: string;
                text: string;
                number: string | null;
                amount: components["schemas"]["Money"];
                balance: components["schemas"]["Money"];
                customer: string | null;
            }[];
            /** @description Lines too many to be listed; the total counts them */
            left: number;
            aging: {
                current: components["schemas"]["Money"];
                days1To30: components["schemas"]["Money"];
                days31To60: components["schemas"]["Money"];
                days61To90: components["schemas"]["Money"];
                over90: components["schemas"]["Money"];
                credits: components["schemas"]["Money"];
            };
        };
        Suppression: {
            address: string;
            /**
             * @description bounce: the mail server refused it for good; opt_out: no reminders, at the wish of the person; manual: by staff; wrong_person: "this is not me", said by a link of a mail
             * @enum {string}
             */
            reason: "bounce" | "opt_out" | "manual" | "wrong_person";
            detail: string | null;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            createdAt: string;
        };
        Task: {
            /** Format: uuid */
            id: string;
            title: string;
            description: string | null;
            customer: {
                /** Format: uuid */
                id: string;
                name: string;
                number: string;
            };
            invoices: {
                /** Format: uuid */
                id: string;
                number: string;
                open: components["schemas"]["Money"];
            }[];
            /** @description null: nobody’s yet */
            assignee: {
                /** Format: uuid */
                id: string;
                name: string;
            } | null;
            /**
             * Format: date
             * @example 2026-03-31
             */
            dueOn: string;
            overdue: boolean;
            /** @enum {string} */
            state: "open" | "done" | "skipped";
            /** @enum {string} */
            source: "person" | "cadence" | "payer" | "system";
            sourceId: string | null;
            createdBy: string;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            createdAt: string;
            finishedBy: string | null;
            finishedAt: string | null;
            outcome: string | null;
        };
        Template: {
            /** Format: uuid */
            id: string;
            name: string;
            /** @enum {string} */
            kind: "reminder" | "statement" | "letter";
            language: string;
            subject: string;
            body: string;
            design: components["schemas"]["TemplateDesign"] | null;
            cc: string[];
            attachments: {
                statement: boolean;
                invoices: boolean;
                files: boolean;
            };
            texts: {
                language: string;
                /**
                 * @description one: for mails with one invoice
                 * @enum {string}
                 */
                variant: "any" | "one";
                subject: string;
                body: string;
                design: components["schemas"]["TemplateDesign"] | null;
            }[];
            isDefault: boolean;
            version: number;
            archived: boolean;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            createdAt: string;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            updatedAt: string;
        };
        TemplateDesign: {
            /**
             * @description around the mail
             * @default #f3f4f6
             */
            background: string;
            /**
             * @description under the mail
             * @default #ffffff
             */
            card: string;
            blocks: ({
                id: string;
                /** @default null */
                background: string | null;
                /** @default null */
                border: string | null;
                /**
                 * @default {
                 *       "top": 0,
                 *       "right": 0,
                 *       "bottom": 0,
                 *       "left": 0
                 *     }
                 */
                padding: {
                    top: number;
                    right: number;
                    bottom: number;
                    left: number;
                };
                /** @default 0 */
                below: number;
                /** @constant */
                type: "text";
                html: string;
            } | {
                id: string;
                /** @default null */
                background: string | null;
                /** @default null */
                border: string | null;
                /**
                 * @default {
                 *       "top": 0,
                 *       "right": 0,
                 *       "bottom": 0,
                 *       "left": 0
                 *     }
                 */
                padding: {
                    top: number;
                    right: number;
                    bottom: number;
                    left: number;
                };
                /** @default 0 */
                below: number;
                /** @constant */
                type: "html";
                html: string;
            } | {
                id: string;
                /** @default null */
                background: string | null;
                /** @default null */
                border: string | null;
                /**
                 * @default {
                 *       "top": 0,
                 *       "right": 0,
                 *       "bottom": 0,
                 *       "left": 0
                 *     }
                 */
                padding: {
                    top: number;
                    right: number;
                    bottom: number;
                    left: number;
                };
                /** @default 0 */
                below: number;
                /** @constant */
                type: "image";
                /** @description https://…, or the `path` of a picture of yours */
                src: string;
                /** @default  */
                alt: string;
                /** @default  */
                href: string;
                /** @default null */
                width: number | null;
                /**
                 * @default center
                 * @enum {string}
                 */
                align: "left" | "center" | "right";
            } | {
                id: string;
                /** @default null */
                background: string | null;
                /** @default null */
                border: string | null;
                /**
                 * @default {
                 *       "top": 0,
                 *       "right": 0,
                 *       "bottom": 0,
                 *       "left": 0
                 *     }
                 */
                padding: {
                    top: number;
                    right: number;
                    bottom: number;
                    left: number;
                };
                /** @default 0 */
                below: number;
                /** @constant */
                type: "button";
                label: string;
                href: string;
                /**
                 * @description null: the accent color of the company
                 * @default null
                 */
                colour: string | null;
                /** @default null */
                textColour: string | null;
                /**
                 * @default left
                 * @enum {string}
                 */
                align: "left" | "center" | "right";
                /** @default 6 */
                radius: number;
                /** @default false */
                wide: boolean;
            } | {
                id: string;
                /** @default null */
                background: string | null;
                /** @default null */
                border: string | null;
                /**
                 * @default {
                 *       "top": 0,
                 *       "right": 0,
                 *       "bottom": 0,
                 *       "left": 0
                 *     }
                 */
                padding: {
                    top: number;
                    right: number;
                    bottom: number;
                    left: number;
                };
                /** @default 0 */
                below: number;
                /** @constant */
                type: "divider";
                /** @default #e5e7eb */
                colour: string;
                /** @default 1 */
                thickness: number;
            } | {
                id: string;
                /** @default null */
                background: string | null;
                /** @default null */
                border: string | null;
                /**
                 * @default {
                 *       "top": 0,
                 *       "right": 0,
                 *       "bottom": 0,
                 *       "left": 0
                 *     }
                 */
                padding: {
                    top: number;
                    right: number;
                    bottom: number;
                    left: number;
                };
                /** @default 0 */
                below: number;
                /** @constant */
                type: "invoices";
                /**
                 * @description null: number, amount due, due date and PDF, as everywhere
                 * @default null
                 */
                columns: ("number" | "amount_due" | "due_date" | "due_words" | "days_overdue" | "currency" | "pdf")[] | null;
                /** @default true */
                total: boolean;
            } | {
                id: string;
                /** @default null */
                background: string | null;
                /** @default null */
                border: string | null;
                /**
                 * @default {
                 *       "top": 0,
                 *       "right": 0,
                 *       "bottom": 0,
                 *       "left": 0
                 *     }
                 */
                padding: {
                    top: number;
                    right: number;
                    bottom: number;
                    left: number;
                };
                /** @default 0 */
                below: number;
                /** @constant */
                type: "tag";
                /** @enum {string} */
                name: "payment_buttons" | "card_buttons" | "bank_buttons" | "login_register" | "statement_summary";
            } | {
                id: string;
                /** @default null */
                background: string | null;
                /** @default null */
                border: string | null;
                /**
                 * @default {
                 *       "top": 0,
                 *       "right": 0,
                 *       "bottom": 0,
                 *       "left": 0
                 *     }
                 */
                padding: {
                    top: number;
                    right: number;
                    bottom: number;
                    left: number;
                };
                /** @default 0 */
                below: number;
                /** @constant */
                type: "social";
                /**
                 * @default left
                 * @enum {string}
                 */
                align: "left" | "center" | "right";
                links: {
                    /** @enum {string} */
                    network: "website" | "linkedin" | "facebook" | "x" | "instagram" | "youtube";
                    url: string;
                }[];
            } | {
                id: string;
                /** @default null */
                background: string | null;
                /** @default null */
                border: string | null;
                /**
                 * @default {
                 *       "top": 0,
                 *       "right": 0,
                 *       "bottom": 0,
                 *       "left": 0
                 *     }
                 */
                padding: {
                    top: number;
                    right: number;
                    bottom: number;
                    left: number;
                };
                /** @default 0 */
                below: number;
                /** @constant */
                type: "columns";
                columns: {
                    share: number;
                    blocks: ({
                        id: string;
                        /** @default null */
                        background: string | null;
                        /** @default null */
                        border: string | null;
                        /**
                         * @default {
                         *       "top": 0,
                         *       "right": 0,
                         *       "bottom": 0,
                         *       "left": 0
                         *     }
                         */
                        padding: {
                            top: number;
                            right: number;
                            bottom: number;
                            left: number;
                        };
                        /** @default 0 */
                        below: number;
                        /** @constant */
                        type: "text";
                        html: string;
                    } | {
                        id: string;
                        /** @default null */
                        background: string | null;
                        /** @default null */
                        border: string | null;
                        /**
                         * @default {
                         *       "top": 0,
                         *       "right": 0,
                         *       "bottom": 0,
                         *       "left": 0
                         *     }
                         */
                        padding: {
                            top: number;
                            right: number;
                            bottom: number;
                            left: number;
                        };
                        /** @default 0 */
                        below: number;
                        /** @constant */
                        type: "html";
                        html: string;
                    } | {
                        id: string;
                        /** @default null */
                        background: string | null;
                        /** @default null */
                        border: string | null;
                        /**
                         * @default {
                         *       "top": 0,
                         *       "right": 0,
                         *       "bottom": 0,
                         *       "left": 0
                         *     }
                         */
                        padding: {
                            top: number;
                            right: number;
                            bottom: number;
                            left: number;
                        };
                        /** @default 0 */
                        below: number;
                        /** @constant */
                        type: "image";
                        /** @description https://…, or the `path` of a picture of yours */
                        src: string;
                        /** @default  */
                        alt: string;
                        /** @default  */
                        href: string;
                        /** @default null */
                        width: number | null;
                        /**
                         * @default center
                         * @enum {string}
                         */
                        align: "left" | "center" | "right";
                    } | {
                        id: string;
                        /** @default null */
                        background: string | null;
                        /** @default null */
                        border: string | null;
                        /**
                         * @default {
                         *       "top": 0,
                         *       "right": 0,
                         *       "bottom": 0,
                         *       "left": 0
                         *     }
                         */
                        padding: {
                            top: number;
                            right: number;
                            bottom: number;
                            left: number;
                        };
                        /** @default 0 */
                        below: number;
                        /** @constant */
                        type: "button";
                        label: string;
                        href: string;
                        /**
                         * @description null: the accent color of the company
                         * @default null
                         */
                        colour: string | null;
                        /** @default null */
                        textColour: string | null;
                        /**
                         * @default left
                         * @enum {string}
                         */
                        align: "left" | "center" | "right";
                        /** @default 6 */
                        radius: number;
                        /** @default false */
                        wide: boolean;
                    } | {
                        id: string;
                        /** @default null */
                        background: string | null;
                        /** @default null */
                        border: string | null;
                        /**
                         * @default {
                         *       "top": 0,
                         *       "right": 0,
                         *       "bottom": 0,
                         *       "left": 0
                         *     }
                         */
                        padding: {
                            top: number;
                            right: number;
                            bottom: number;
                            left: number;
                        };
                        /** @default 0 */
                        below: number;
                        /** @constant */
                        type: "divider";
                        /** @default #e5e7eb */
                        colour: string;
                        /** @default 1 */
                        thickness: number;
                    } | {
                        id: string;
                        /** @default null */
                        background: string | null;
                        /** @default null */
                        border: string | null;
                        /**
                         * @default {
                         *       "top": 0,
                         *       "right": 0,
                         *       "bottom": 0,
                         *       "left": 0
                         *     }
                         */
                        padding: {
                            top: number;
                            right: number;
                            bottom: number;
                            left: number;
                        };
                        /** @default 0 */
                        below: number;
                        /** @constant */
                        type: "invoices";
                        /**
                         * @description null: number, amount due, due date and PDF, as everywhere
                         * @default null
                         */
                        columns: ("number" | "amount_due" | "due_date" | "due_words" | "days_overdue" | "currency" | "pdf")[] | null;
                        /** @default true */
                        total: boolean;
                    } | {
                        id: string;
                        /** @default null */
                        background: string | null;
                        /** @default null */
                        border: string | null;
                        /**
                         * @default {
                         *       "top": 0,
                         *       "right": 0,
                         *       "bottom": 0,
                         *       "left": 0
                         *     }
                         */
                        padding: {
                            top: number;
                            right: number;
                            bottom: number;
                            left: number;
                        };
                        /** @default 0 */
                        below: number;
                        /** @constant */
                        type: "tag";
                        /** @enum {string} */
                        name: "payment_buttons" | "card_buttons" | "bank_buttons" | "login_register" | "statement_summary";
                    } | {
                        id: string;
                        /** @default null */
                        background: string | null;
                        /** @default null */
                        border: string | null;
                        /**
                         * @default {
                         *       "top": 0,
                         *       "right": 0,
                         *       "bottom": 0,
                         *       "left": 0
                         *     }
                         */
                        padding: {
                            top: number;
                            right: number;
                            bottom: number;
                            left: number;
                        };
                        /** @default 0 */
                        below: number;
                        /** @constant */
                        type: "social";
                        /**
                         * @default left
                         * @enum {string}
                         */
                        align: "left" | "center" | "right";
                        links: {
                            /** @enum {string} */
                            network: "website" | "linkedin" | "facebook" | "x" | "instagram" | "youtube";
                            url: string;
                        }[];
                    })[];
                }[];
            })[];
        };
        TemplateDesignInput: {
            /**
             * @description around the mail
             * @default #f3f4f6
             */
            background: string;
            /**
             * @description under the mail
             * @default #ffffff
             */
            card: string;
            blocks: ({
                id: string;
                /** @default null */
                background: string | null;
                /** @default null */
                border: string | null;
                /**
                 * @default {
                 *       "top": 0,
                 *       "right": 0,
                 *       "bottom": 0,
                 *       "left": 0
                 *     }
                 */
                padding: {
                    top: number;
                    right: number;
                    bottom: number;
                    left: number;
                };
                /** @default 0 */
                below: number;
                /** @constant */
                type: "text";
                html: string;
            } | {
                id: string;
                /** @default null */
                background: string | null;
                /** @default null */
                border: string | null;
                /**
                 * @default {
                 *       "top": 0,
                 *       "right": 0,
                 *       "bottom": 0,
                 *       "left": 0
                 *     }
                 */
                padding: {
                    top: number;
                    right: number;
                    bottom: number;
                    left: number;
                };
                /** @default 0 */
                below: number;
                /** @constant */
                type: "html";
                html: string;
            } | {
                id: string;
                /** @default null */
                background: string | null;
                /** @default null */
                border: string | null;
                /**
                 * @default {
                 *       "top": 0,
                 *       "right": 0,
                 *       "bottom": 0,
                 *       "left": 0
                 *     }
                 */
                padding: {
                    top: number;
                    right: number;
                    bottom: number;
                    left: number;
                };
                /** @default 0 */
                below: number;
                /** @constant */
                type: "image";
                /** @description https://…, or the `path` of a picture of yours */
                src: string;
                /** @default  */
                alt: string;
                /** @default  */
                href: string;
                /** @default null */
                width: number | null;
                /**
                 * @default center
                 * @enum {string}
                 */
                align: "left" | "center" | "right";
            } | {
                id: string;
                /** @default null */
                background: string | null;
                /** @default null */
                border: string | null;
                /**
                 * @default {
                 *       "top": 0,
                 *       "right": 0,
                 *       "bottom": 0,
                 *       "left": 0
                 *     }
                 */
                padding: {
                    top: number;
                    right: number;
                    bottom: number;
                    left: number;
                };
                /** @default 0 */
                below: number;
                /** @constant */
                type: "button";
                label: string;
                href: string;
                /**
                 * @description null: the accent color of the company
                 * @default null
                 */
                colour: string | null;
                /** @default null */
                textColour: string | null;
                /**
                 * @default left
                 * @enum {string}
                 */
                align: "left" | "center" | "right";
                /** @default 6 */
                radius: number;
                /** @default false */
                wide: boolean;
            } | {
                id: string;
                /** @default null */
                background: string | null;
                /** @default null */
                border: string | null;
                /**
                 * @default {
                 *       "top": 0,
                 *       "right": 0,
                 *       "bottom": 0,
                 *       "left": 0
                 *     }
                 */
                padding: {
                    top: number;
                    right: number;
                    bottom: number;
                    left: number;
                };
                /** @default 0 */
                below: number;
                /** @constant */
                type: "divider";
                /** @default #e5e7eb */
                colour: string;
                /** @default 1 */
                thickness: number;
            } | {
                id: string;
                /** @default null */
                background: string | null;
                /** @default null */
                border: string | null;
                /**
                 * @default {
                 *       "top": 0,
                 *       "right": 0,
                 *       "bottom": 0,
                 *       "left": 0
                 *     }
                 */
                padding: {
                    top: number;
                    right: number;
                    bottom: number;
                    left: number;
                };
                /** @default 0 */
                below: number;
                /** @constant */
                type: "invoices";
                /**
                 * @description null: number, amount due, due date and PDF, as everywhere
                 * @default null
                 */
                columns: ("number" | "amount_due" | "due_date" | "due_words" | "days_overdue" | "currency" | "pdf")[] | null;
                /** @default true */
                total: boolean;
            } | {
                id: string;
                /** @default null */
                background: string | null;
                /** @default null */
                border: string | null;
                /**
                 * @default {
                 *       "top": 0,
                 *       "right": 0,
                 *       "bottom": 0,
                 *       "left": 0
                 *     }
                 */
                padding: {
                    top: number;
                    right: number;
                    bottom: number;
                    left: number;
                };
                /** @default 0 */
                below: number;
                /** @constant */
                type: "tag";
                /** @enum {string} */
                name: "payment_buttons" | "card_buttons" | "bank_buttons" | "login_register" | "statement_summary";
            } | {
                id: string;
                /** @default null */
                background: string | null;
                /** @default null */
                border: string | null;
                /**
                 * @default {
                 *       "top": 0,
                 *       "right": 0,
                 *       "bottom": 0,
                 *       "left": 0
                 *     }
                 */
                padding: {
                    top: number;
                    right: number;
                    bottom: number;
                    left: number;
                };
                /** @default 0 */
                below: number;
                /** @constant */
                type: "social";
                /**
                 * @default left
                 * @enum {string}
                 */
                align: "left" | "center" | "right";
                links: {
                    /** @enum {string} */
                    network: "website" | "linkedin" | "facebook" | "x" | "instagram" | "youtube";
                    url: string;
                }[];
            } | {
                id: string;
                /** @default null */
                background: string | null;
                /** @default null */
                border: string | null;
                /**
                 * @default {
                 *       "top": 0,
                 *       "right": 0,
                 *       "bottom": 0,
                 *       "left": 0
                 *     }
                 */
                padding: {
                    top: number;
                    right: number;
                    bottom: number;
                    left: number;
                };
                /** @default 0 */
                below: number;
                /** @constant */
                type: "columns";
                columns: {
                    share: number;
                    blocks: ({
                        id: string;
                        /** @default null */
                        background: string | null;
                        /** @default null */
                        border: string | null;
                        /**
                         * @default {
                         *       "top": 0,
                         *       "right": 0,
                         *       "bottom": 0,
                         *       "left": 0
                         *     }
                         */
                        padding: {
                            top: number;
                            right: number;
                            bottom: number;
                            left: number;
                        };
                        /** @default 0 */
                        below: number;
                        /** @constant */
                        type: "text";
                        html: string;
                    } | {
                        id: string;
                        /** @default null */
                        background: string | null;
                        /** @default null */
                        border: string | null;
                        /**
                         * @default {
                         *       "top": 0,
                         *       "right": 0,
                         *       "bottom": 0,
                         *       "left": 0
                         *     }
                         */
                        padding: {
                            top: number;
                            right: number;
                            bottom: number;
                            left: number;
                        };
                        /** @default 0 */
                        below: number;
                        /** @constant */
                        type: "html";
                        html: string;
                    } | {
                        id: string;
                        /** @default null */
                        background: string | null;
                        /** @default null */
                        border: string | null;
                        /**
                         * @default {
                         *       "top": 0,
                         *       "right": 0,
                         *       "bottom": 0,
                         *       "left": 0
                         *     }
                         */
                        padding: {
                            top: number;
                            right: number;
                            bottom: number;
                            left: number;
                        };
                        /** @default 0 */
                        below: number;
                        /** @constant */
                        type: "image";
                        /** @description https://…, or the `path` of a picture of yours */
                        src: string;
                        /** @default  */
                        alt: string;
                        /** @default  */
                        href: string;
                        /** @default null */
                        width: number | null;
                        /**
                         * @default center
                         * @enum {string}
                         */
                        align: "left" | "center" | "right";
                    } | {
                        id: string;
                        /** @default null */
                        background: string | null;
                        /** @default null */
                        border: string | null;
                        /**
                         * @default {
                         *       "top": 0,
                         *       "right": 0,
                         *       "bottom": 0,
                         *       "left": 0
                         *     }
                         */
                        padding: {
                            top: number;
                            right: number;
                            bottom: number;
                            left: number;
                        };
                        /** @default 0 */
                        below: number;
                        /** @constant */
                        type: "button";
                        label: string;
                        href: string;
                        /**
                         * @description null: the accent color of the company
                         * @default null
                         */
                        colour: string | null;
                        /** @default null */
                        textColour: string | null;
                        /**
                         * @default left
                         * @enum {string}
                         */
                        align: "left" | "center" | "right";
                        /** @default 6 */
                        radius: number;
                        /** @default false */
                        wide: boolean;
                    } | {
                        id: string;
                        /** @default null */
                        background: string | null;
                        /** @default null */
                        border: string | null;
                        /**
                         * @default {
                         *       "top": 0,
                         *       "right": 0,
                         *       "bottom": 0,
                         *       "left": 0
                         *     }
                         */
                        padding: {
                            top: number;
                            right: number;
                            bottom: number;
                            left: number;
                        };
                        /** @default 0 */
                        below: number;
                        /** @constant */
                        type: "divider";
                        /** @default #e5e7eb */
                        colour: string;
                        /** @default 1 */
                        thickness: number;
                    } | {
                        id: string;
                        /** @default null */
                        background: string | null;
                        /** @default null */
                        border: string | null;
                        /**
                         * @default {
                         *       "top": 0,
                         *       "right": 0,
                         *       "bottom": 0,
                         *       "left": 0
                         *     }
                         */
                        padding: {
                            top: number;
                            right: number;
                            bottom: number;
                            left: number;
                        };
                        /** @default 0 */
                        below: number;
                        /** @constant */
                        type: "invoices";
                        /**
                         * @description null: number, amount due, due date and PDF, as everywhere
                         * @default null
                         */
                        columns: ("number" | "amount_due" | "due_date" | "due_words" | "days_overdue" | "currency" | "pdf")[] | null;
                        /** @default true */
                        total: boolean;
                    } | {
                        id: string;
                        /** @default null */
                        background: string | null;
                        /** @default null */
                        border: string | null;
                        /**
                         * @default {
                         *       "top": 0,
                         *       "right": 0,
                         *       "bottom": 0,
                         *       "left": 0
                         *     }
                         */
                        padding: {
                            top: number;
                            right: number;
                            bottom: number;
                            left: number;
                        };
                        /** @default 0 */
                        below: number;
                        /** @constant */
                        type: "tag";
                        /** @enum {string} */
                        name: "payment_buttons" | "card_buttons" | "bank_buttons" | "login_register" | "statement_summary";
                    } | {
                        id: string;
                        /** @default null */
                        background: string | null;
                        /** @default null */
                        border: string | null;
                        /**
                         * @default {
                         *       "top": 0,
                         *       "right": 0,
                         *       "bottom": 0,
                         *       "left": 0
                         *     }
                         */
                        padding: {
                            top: number;
                            right: number;
                            bottom: number;
                            left: number;
                        };
                        /** @default 0 */
                        below: number;
                        /** @constant */
                        type: "social";
                        /**
                         * @default left
                         * @enum {string}
                         */
                        align: "left" | "center" | "right";
                        links: {
                            /** @enum {string} */
                            network: "website" | "linkedin" | "facebook" | "x" | "instagram" | "youtube";
                            url: string;
                        }[];
                    })[];
                }[];
            })[];
        };
        Upload: {
            /** Format: uuid */
            id: string;
            /** @enum {string} */
            kind: "customers" | "invoices";
            /** @enum {string} */
            source: "api" | "file" | "cli";
            fileName: string | null;
            snapshot: boolean;
            received: number;
            created: number;
            updated: number;
            unchanged: number;
            failed: number;
            closed: number;
            actorName: string;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            startedAt: string;
            finishedAt: string | null;
            undoneAt: string | null;
        };
        UploadDetail: {
            /** Format: uuid */
            id: string;
            /** @enum {string} */
            kind: "customers" | "invoices";
            /** @enum {string} */
            source: "api" | "file" | "cli";
            fileName: string | null;
            snapshot: boolean;
            received: number;
            created: number;
            updated: number;
            unchanged: number;
            failed: number;
            closed: number;
            actorName: string;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            startedAt: string;
            finishedAt: string | null;
            undoneAt: string | null;
            errors: {
                index: number;
                key: string | null;
                errors: {
                    field: string;
                    code: string;
                    message: string;
                }[];
            }[];
            nextCursor: string | null;
        };
        UndoneUpload: {
            removed: number;
            restored: number;
            keptCount: number;
            kept: {
                /** Format: uuid */
                id: string;
                number: string;
                reason: string;
                message: string;
            }[];
        };
        StaffUser: {
            /** Format: uuid */
            id: string;
            email: string;
            name: string;
            /** @enum {string} */
            role: "administrator" | "manager" | "collector" | "viewer";
            /** @enum {string} */
            status: "active" | "invited" | "disabled";
            totp: boolean;
            lastSignInAt: string | null;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            createdAt: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    getJsonApiExportPayments: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
                /** @description YYYY-MM-DD or a moment; without it, all */
                since?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        payments: {
                            paymentNumber: string;
                            date: string;
                            customerNumber: string;
                            companyCode: string;
                            currency: string;
                            amount: string;
                            unapplied: string;
                            method: string;
                            state: string;
                            gatewayReference: string | null;
                            applications: {
                                invoiceNumber: string;
                                accountingDocNumber: string | null;
                                amount: string;
                                fee: string;
                            }[];
                        }[];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postJsonApiUploadCustomers: {
        parameters: {
            query?: {
                /** @description Above 10,000 rows: every row, or only those with errors or warnings */
                results?: "all" | "notable";
            };
            header?: {
                /** @description The same key with the same body is carried out once. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example [
                 *       {
                 *         "customerno": "100045",
                 *         "companyname": "Acme Corporation",
                 *         "emailaddress1": "ap@acme.example, cfo@acme.example",
                 *         "phoneno": "+1 212 555 0100",
                 *         "cocode": ""
                 *       },
                 *       {
                 *         "customerno": "100046",
                 *         "companyname": "Blue Harbor Cafe",
                 *         "emailaddress1": "ap@"
                 *       }
                 *     ]
                 */
                "application/json": components["schemas"]["CustomerRow"][] | components["schemas"]["CustomerRow"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "uploadId": "01957f2e-6f00-7000-8000-000000000002",
                     *       "received": 2,
                     *       "created": 1,
                     *       "updated": 0,
                     *       "unchanged": 0,
                     *       "failed": 1,
                     *       "closed": 0,
                     *       "warnings": [],
                     *       "results": [
                     *         {
                     *           "index": 0,
                     *           "key": "100045",
                     *           "id": "01957f2e-6f00-7000-8000-000000000003",
                     *           "status": "created"
                     *         },
                     *         {
                     *           "index": 1,
                     *           "key": "100046",
                     *           "status": "error",
                     *           "errors": [
                     *             {
                     *               "field": "emailaddress1",
                     *               "code": "invalid_email",
                     *               "message": "ap@ is not an e-mail address."
                     *             }
                     *           ]
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["UploadAnswer"];
                };
            };
            /** @description The body is malformed or was cut: nothing was stored. `detail`, `line` and `column` say where. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description More bytes or rows than one request may have. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is compressed or encoded. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A parameter is not right, or the Idempotency-Key was used for another body. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postJsonApiUploadInvoices: {
        parameters: {
            query?: {
                /** @description Above 10,000 rows: every row, or only those with errors or warnings */
                results?: "all" | "notable";
                /** @description The rows are all open items of their company codes: what is missing is closed */
                snapshot?: "true" | "false";
                /** @description An unknown customer is created when the row has a customerName */
                createCustomers?: "true" | "false";
            };
            header?: {
                /** @description The same key with the same body is carried out once. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example [
                 *       {
                 *         "customerNumber": "100045",
                 *         "invoiceNumber": "9000123",
                 *         "invoiceAmount": 12112,
                 *         "balanceAmount": "12112",
                 *         "currency": "USD",
                 *         "invoiceDate": "2026-02-01",
                 *         "dueDate": "2026-03-03",
                 *         "debitCreditIndicator": "S"
                 *       }
                 *     ]
                 */
                "application/json": components["schemas"]["InvoiceRow"][] | components["schemas"]["InvoiceRow"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "success": true,
                     *       "uploadId": "01957f2e-6f00-7000-8000-000000000000",
                     *       "received": 1,
                     *       "created": 1,
                     *       "updated": 0,
                     *       "unchanged": 0,
                     *       "failed": 0,
                     *       "closed": 0,
                     *       "warnings": [],
                     *       "results": [
                     *         {
                     *           "index": 0,
                     *           "key": "9000123",
                     *           "id": "01957f2e-6f00-7000-8000-000000000001",
                     *           "status": "created"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["UploadAnswer"];
                };
            };
            /** @description The body is malformed or was cut: nothing was stored. `detail`, `line` and `column` say where. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description More bytes or rows than one request may have. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is compressed or encoded. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A parameter is not right, or the Idempotency-Key was used for another body. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1Aging: {
        parameters: {
            query?: {
                /** @description The end of a past day; today when left out */
                asOf?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /**
                         * Format: date
                         * @example 2026-03-31
                         */
                        asOf: string;
                        currencies: components["schemas"]["Aging"][];
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1AgingCustomers: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
                /** @description Beginnings of words in name or number */
                q?: string;
                status?: "active" | "archived" | "all";
                categoryId?: string;
                uncategorized?: "true" | "false";
                owing?: "open" | "overdue" | "credit";
                /** @description Only customers whose reminders are paused now */
                paused?: "true" | "false";
                /** @description For `owing` and for sorting by balance; the company’s own when left out */
                currency?: string;
                sort?: "name" | "-name" | "created" | "-created" | "balance" | "-balance" | "overdue" | "-overdue";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            customer: components["schemas"]["CustomerRef"];
                            aging: components["schemas"]["Aging"];
                        }[];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1ApiKeys: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["ApiKey"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1ApiKeys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Nightly upload",
                 *       "role": "manager"
                 *     }
                 */
                "application/json": {
                    name: string;
                    /**
                     * @default manager
                     * @enum {string}
                     */
                    role?: "administrator" | "manager" | "collector" | "viewer";
                };
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** Format: uuid */
                        id: string;
                        name: string;
                        apiKey: string;
                        /** @enum {string} */
                        role: "administrator" | "manager" | "collector" | "viewer";
                        /**
                         * Format: date-time
                         * @example 2026-03-31T09:00:00Z
                         */
                        createdAt: string;
                        createdBy: string | null;
                        /** @description to the minute */
                        lastUsedAt: string | null;
                        revokedAt: string | null;
                        apiSecret: string;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteV1ApiKeysId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApiKey"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1ApplicationsIdUndo: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "reason": "Agreed by phone"
                 *     }
                 */
                "application/json": {
                    reason?: string;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        done: true;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1Cadences: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["CadenceRow"][];
                        nextCursor: null;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1Cadences: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key with the same body is carried out once. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Large accounts",
                 *       "customerCondition": {
                 *         "combinator": "and",
                 *         "conditions": [
                 *           {
                 *             "field": "customer_overdue_balance",
                 *             "operator": "greater",
                 *             "value": "5000"
                 *           }
                 *         ]
                 *       },
                 *       "startsPaused": false,
                 *       "steps": [
                 *         {
                 *           "offsetDays": -5,
                 *           "channel": "email",
                 *           "templateId": "01920000-0000-7000-8000-000000000001",
                 *           "to": "billing",
                 *           "cc": []
                 *         },
                 *         {
                 *           "offsetDays": 10,
                 *           "channel": "task",
                 *           "title": "Call the customer",
                 *           "waits": true,
                 *           "timeoutDays": 7
                 *         },
                 *         {
                 *           "offsetDays": 30,
                 *           "channel": "letter",
                 *           "to": "letters",
                 *           "title": "Overdue invoices: {{total_invoice_amount}}",
                 *           "body": "Dear {{first_name | default: customer_company_name}},\n\nwe have not received your payment for the invoices below. Please pay the total amount now.\n\n{{invoice_list}}\n\nIf you have paid in the meantime, thank you; nothing is left for you to do. If you have a question, please contact us.\n\nKind regards\n{{seller_name}}"
                 *         }
                 *       ]
                 *     }
                 */
                "application/json": {
                    name: string;
                    /** @default null */
                    customerCondition?: components["schemas"]["ReminderConditionGroup"] | null;
                    /** @default false */
                    startsPaused?: boolean;
                    /** @default [] */
                    steps?: components["schemas"]["CadenceStepInput"][];
                };
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Cadence"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1CadencesId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Cadence"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteV1CadencesId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    patchV1CadencesId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Large accounts, strict"
                 *     }
                 */
                "application/json": {
                    name?: string;
                    customerCondition?: components["schemas"]["ReminderConditionGroup"] | null;
                    startsPaused?: boolean;
                    steps?: components["schemas"]["CadenceStepInput"][];
                    /** @description the version that was edited: 409 when it was changed meanwhile */
                    version?: number;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Cadence"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1CadencesIdActivate: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Cadence"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1CadencesIdDeactivate: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Cadence"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1CadencesIdDuplicate: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key with the same body is carried out once. */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Cadence"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1CadencesIdMembers: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
                state?: "active" | "paused" | "removed";
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["CadenceMember"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1CadencesIdMembers: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "customerIds": [
                 *         "01920000-0000-7000-8000-000000000002"
                 *       ],
                 *       "move": false
                 *     }
                 */
                "application/json": {
                    customerIds: string[];
                    /** @default false */
                    move?: boolean;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        changed: number;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1CadencesIdMembersPause: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "customerIds": [
                 *         "01920000-0000-7000-8000-000000000002"
                 *       ]
                 *     }
                 */
                "application/json": {
                    /**
                     * @description null: all of them
                     * @default null
                     */
                    customerIds?: string[] | null;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        changed: number;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1CadencesIdMembersRemove: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "customerIds": [
                 *         "01920000-0000-7000-8000-000000000002"
                 *       ]
                 *     }
                 */
                "application/json": {
                    customerIds: string[];
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        changed: number;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1CadencesIdMembersStart: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "customerIds": [
                 *         "01920000-0000-7000-8000-000000000002"
                 *       ]
                 *     }
                 */
                "application/json": {
                    /**
                     * @description null: all of them
                     * @default null
                     */
                    customerIds?: string[] | null;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        changed: number;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1CadencesIdMove: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "position": 1
                 *     }
                 */
                "application/json": {
                    /** @description the `position` of the cadence that comes after it */
                    position: number;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Cadence"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1CadencesLetterText: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        title: string;
                        body: string;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1CadencesPreview: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "customerCondition": {
                 *         "combinator": "and",
                 *         "conditions": [
                 *           {
                 *             "field": "customer_overdue_balance",
                 *             "operator": "greater",
                 *             "value": "5000"
                 *           }
                 *         ]
                 *       },
                 *       "cadenceId": null
                 *     }
                 */
                "application/json": {
                    customerCondition: components["schemas"]["ReminderConditionGroup"];
                    /** @default null */
                    cadenceId?: string | null;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description Customers that meet the condition */
                        matching: number;
                        /** @description Of them, those that would come in now */
                        joining: number;
                        here: number;
                        /** @description In another cadence, where they stay */
                        elsewhere: number;
                        /** @description Taken out by a person */
                        keptOut: number;
                        /** @description The first of those that would come in, by name */
                        examples: {
                            /** Format: uuid */
                            id: string;
                            number: string;
                            name: string;
                        }[];
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1CalendarHolidays: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Holiday"][];
                        nextCursor: null;
                        weekend: number[];
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1CalendarHolidays: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key with the same body is carried out once. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "day": "2026-12-25",
                 *       "name": "Christmas Day"
                 *     }
                 */
                "application/json": {
                    /**
                     * Format: date
                     * @example 2026-03-31
                     */
                    day: string;
                    name: string;
                };
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Holiday"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteV1CalendarHolidaysDay: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                day: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1Categories: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            /** Format: uuid */
                            id: string;
                            name: string;
                            customerCount: number;
                        }[];
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1Categories: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key with the same body is carried out once. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Blue Harbor Cafe"
                 *     }
                 */
                "application/json": {
                    name: string;
                };
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** Format: uuid */
                        id: string;
                        name: string;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteV1CategoriesId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    patchV1CategoriesId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Blue Harbor Cafe"
                 *     }
                 */
                "application/json": {
                    name: string;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** Format: uuid */
                        id: string;
                        name: string;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1Colleagues: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            /** Format: uuid */
                            id: string;
                            name: string;
                        }[];
                        me: string | null;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1Contacts: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
                /** @description A part of the address or name */
                search?: string;
                purpose?: "billing" | "reminders" | "statements" | "escalation" | "letters" | "other";
                customerId?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["ListedContact"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1Contacts: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key with the same body is carried out once. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Blue Harbor Cafe",
                 *       "email": "ada@example.com",
                 *       "phone": "+1 212 555 0100",
                 *       "purposes": [
                 *         "billing"
                 *       ],
                 *       "language": "en",
                 *       "isPrimary": true,
                 *       "customerId": "019a0000-0000-7000-8000-000000000001"
                 *     }
                 */
                "application/json": {
                    name?: string | null;
                    email: string;
                    phone?: string | null;
                    purposes?: ("billing" | "reminders" | "statements" | "escalation" | "letters" | "other")[];
                    language?: string | null;
                    isPrimary?: boolean;
                    /** Format: uuid */
                    customerId: string;
                };
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListedContact"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1ContactsId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListedContact"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteV1ContactsId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    patchV1ContactsId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Blue Harbor Cafe",
                 *       "email": "ada@example.com",
                 *       "phone": "+1 212 555 0100",
                 *       "purposes": [
                 *         "billing"
                 *       ],
                 *       "language": "en",
                 *       "isPrimary": true
                 *     }
                 */
                "application/json": {
                    name?: string | null;
                    email?: string;
                    phone?: string | null;
                    purposes?: ("billing" | "reminders" | "statements" | "escalation" | "letters" | "other")[];
                    language?: string | null;
                    isPrimary?: boolean;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListedContact"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1CreditMemos: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
                state?: "open" | "overdue" | "closed" | "void" | "all";
                customerId?: string;
                categoryId?: string;
                currency?: string;
                dueFrom?: string;
                dueTo?: string;
                /** @description Open amount from, in major units */
                minAmount?: string;
                /** @description Open amount to, in major units */
                maxAmount?: string;
                /** @description Beginning of the number */
                number?: string;
                documentType?: string;
                companyCode?: string;
                /** @description A minus sorts descending; `amount` is the open amount and needs state open or overdue */
                sort?: "due" | "-due" | "amount" | "-amount" | "number" | "-number";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Document"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1CreditMemos: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key with the same body is carried out once. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "customerId": "019a0000-0000-7000-8000-000000000001",
                 *       "number": "INV-1042",
                 *       "companyCode": "text",
                 *       "amount": {
                 *         "amount": "1250.00",
                 *         "currency": "USD"
                 *       },
                 *       "issuedOn": "2026-03-31",
                 *       "reference1": "text",
                 *       "reference2": "text",
                 *       "itemText": "text",
                 *       "referenceDocument": "text",
                 *       "reasonCode": "text",
                 *       "reasonText": "text"
                 *     }
                 */
                "application/json": {
                    /** Format: uuid */
                    customerId: string;
                    /** @description Given by PayorCRM when left out */
                    number?: string;
                    companyCode?: string;
                    amount: components["schemas"]["Money"];
                    /**
                     * Format: date
                     * @description Today when left out
                     * @example 2026-03-31
                     */
                    issuedOn?: string;
                    reference1?: string | null;
                    reference2?: string | null;
                    itemText?: string | null;
                    /** @description Number of the invoice that it belongs to */
                    referenceDocument?: string | null;
                    reasonCode?: string | null;
                    reasonText?: string | null;
                };
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DocumentDetail"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1CreditMemosId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DocumentDetail"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1CreditMemosIdApply: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key with the same body is carried out once. */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "applications": [
                 *         {
                 *           "invoiceId": "019a0000-0000-7000-8000-000000000001",
                 *           "amount": {
                 *             "amount": "1250.00",
                 *             "currency": "USD"
                 *           }
                 *         }
                 *       ]
                 *     }
                 */
                "application/json": {
                    applications: {
                        /** Format: uuid */
                        invoiceId: string;
                        amount?: components["schemas"]["Money"];
                    }[];
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DocumentDetail"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1CreditMemosIdVoid: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "reason": "Agreed by phone"
                 *     }
                 */
                "application/json": {
                    reason: string;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DocumentDetail"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1Customers: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
                /** @description Beginnings of words in name or number */
                q?: string;
                status?: "active" | "archived" | "all";
                categoryId?: string;
                uncategorized?: "true" | "false";
                owing?: "open" | "overdue" | "credit";
                /** @description Only customers whose reminders are paused now */
                paused?: "true" | "false";
                /** @description For `owing` and for sorting by balance; the company’s own when left out */
                currency?: string;
                sort?: "name" | "-name" | "created" | "-created" | "balance" | "-balance" | "overdue" | "-overdue";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["CustomerItem"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1Customers: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key with the same body is carried out once. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "number": "C-1042",
                 *       "companyName": "Harbor Goods",
                 *       "contacts": [
                 *         {
                 *           "name": "Anna Berg",
                 *           "email": "ap@harbor-goods.test"
                 *         }
                 *       ]
                 *     }
                 */
                "application/json": {
                    number: string;
                    companyCode?: string;
                    companyName?: string | null;
                    firstName?: string | null;
                    lastName?: string | null;
                    phone?: string | null;
                    language?: string | null;
                    custom?: {
                        [key: string]: unknown;
                    };
                    contacts?: {
                        name?: string | null;
                        email: string;
                        phone?: string | null;
                        purposes?: ("billing" | "reminders" | "statements" | "escalation" | "letters" | "other")[];
                        language?: string | null;
                    }[];
                };
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Customer"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1CustomersId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Customer"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    patchV1CustomersId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "companyName": "text",
                 *       "firstName": "Ada",
                 *       "lastName": "Miller",
                 *       "phone": "+1 212 555 0100",
                 *       "language": "text",
                 *       "custom": {}
                 *     }
                 */
                "application/json": {
                    companyName?: string | null;
                    firstName?: string | null;
                    lastName?: string | null;
                    phone?: string | null;
                    language?: string | null;
                    custom?: {
                        [key: string]: unknown;
                    };
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Customer"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1CustomersIdAging: {
        parameters: {
            query?: {
                /** @description The end of a past day; today when left out */
                asOf?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /**
                         * Format: date
                         * @example 2026-03-31
                         */
                        asOf: string;
                        currencies: components["schemas"]["Aging"][];
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1CustomersIdArchive: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Customer"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1CustomersIdAutoApply: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "currency": "USD"
                 *     }
                 */
                "application/json": {
                    /** @example USD */
                    currency?: string;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        applied: components["schemas"]["Money"];
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1CustomersIdCadence: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        cadence: {
                            /** Format: uuid */
                            id: string;
                            name: string;
                            active: boolean;
                        } | null;
                        state: ("active" | "paused" | "removed") | null;
                        addedBy: ("person" | "condition") | null;
                        joinedOn: string | null;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1CustomersIdContacts: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Contact"][];
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1CustomersIdContacts: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key with the same body is carried out once. */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Blue Harbor Cafe",
                 *       "email": "ada@example.com",
                 *       "phone": "+1 212 555 0100",
                 *       "purposes": [
                 *         "billing"
                 *       ],
                 *       "language": "en",
                 *       "isPrimary": true
                 *     }
                 */
                "application/json": {
                    name?: string | null;
                    email: string;
                    phone?: string | null;
                    purposes?: ("billing" | "reminders" | "statements" | "escalation" | "letters" | "other")[];
                    language?: string | null;
                    isPrimary?: boolean;
                };
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Contact"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteV1CustomersIdContactsContactId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
                contactId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    patchV1CustomersIdContactsContactId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
                contactId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Blue Harbor Cafe",
                 *       "email": "ada@example.com",
                 *       "phone": "+1 212 555 0100",
                 *       "purposes": [
                 *         "billing"
                 *       ],
                 *       "language": "en",
                 *       "isPrimary": true
                 *     }
                 */
                "application/json": {
                    name?: string | null;
                    email?: string;
                    phone?: string | null;
                    purposes?: ("billing" | "reminders" | "statements" | "escalation" | "letters" | "other")[];
                    language?: string | null;
                    isPrimary?: boolean;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Contact"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1CustomersIdHolds: {
        parameters: {
            query?: {
                /** @description Ended and released ones too, the newest 200 */
                all?: "true" | "false";
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Hold"][];
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1CustomersIdHolds: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key with the same body is carried out once. */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "kind": "claimed_paid",
                 *       "until": "2026-03-31",
                 *       "note": "text",
                 *       "invoiceIds": [
                 *         "019a0000-0000-7000-8000-000000000001"
                 *       ]
                 *     }
                 */
                "application/json": {
                    /** @enum {string} */
                    kind: "claimed_paid" | "payment_plan" | "autopay";
                    /** @description required for claimed_paid; else left out or null: until it is released */
                    until?: string | null;
                    note?: string | null;
                    invoiceIds?: string[];
                };
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Hold"][];
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1CustomersIdMail: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            /** Format: uuid */
                            id: string;
                            /** @enum {string} */
                            direction: "in" | "out";
                            kind: string;
                            state: string;
                            bounced: ("hard" | "soft") | null;
                            subject: string | null;
                            snippet: string | null;
                            /** @description the sender, or the address that it went to */
                            who: string;
                            unread: boolean;
                            conversationId: string | null;
                            /**
                             * Format: date-time
                             * @example 2026-03-31T09:00:00Z
                             */
                            at: string;
                        }[];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1CustomersIdMailFacts: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        views: {
                            lastStrongAt: string | null;
                            lastWeakAt: string | null;
                        };
                        bounces: {
                            address: string;
                            /**
                             * @description hard: the address will never work; soft: not this time
                             * @enum {string}
                             */
                            grade: "hard" | "soft";
                            /**
                             * @description the answer of the mail server, or a delivery report in the inbox
                             * @enum {string}
                             */
                            source: "smtp" | "report";
                            status: string | null;
                            detail: string | null;
                            /**
                             * Format: date-time
                             * @example 2026-03-31T09:00:00Z
                             */
                            at: string;
                        }[];
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1CustomersIdNotes: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["CollectionNote"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1CustomersIdNotes: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key with the same body is carried out once. */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "body": "Spoke with Anna: the delivery is being checked."
                 *     }
                 */
                "application/json": {
                    /** @example Spoke with Anna: the delivery is being checked. */
                    body: string;
                };
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** Format: uuid */
                        id: string;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    putV1CustomersIdParent: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "parentId": "019a0000-0000-7000-8000-000000000001"
                 *     }
                 */
                "application/json": {
                    parentId: string | null;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Customer"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    putV1CustomersIdPause: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "until": "2026-12-31",
                 *       "reason": "Promised to pay by the end of the year"
                 *     }
                 */
                "application/json": {
                    /**
                     * Format: date
                     * @example 2026-03-31
                     */
                    until: string;
                    reason?: string | null;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Customer"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteV1CustomersIdPause: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Customer"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1CustomersIdPaymentMethods: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            /** Format: uuid */
                            id: string;
                            /** Format: uuid */
                            customerId: string;
                            /** @enum {string} */
                            rail: "card" | "bank";
                            brand: string | null;
                            last4: string;
                            expMonth: number | null;
                            expYear: number | null;
                            holderName: string | null;
                            /**
                             * Format: date-time
                             * @example 2026-03-31T09:00:00Z
                             */
                            createdAt: string;
                        }[];
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1CustomersIdRestore: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Customer"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1CustomersIdTimeline: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["TimelineEntry"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1CustomersCategorize: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "customerIds": [
                 *         "019a0000-0000-7000-8000-000000000001"
                 *       ],
                 *       "add": [],
                 *       "remove": []
                 *     }
                 */
                "application/json": {
                    customerIds: string[];
                    /** @default [] */
                    add?: string[];
                    /** @default [] */
                    remove?: string[];
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        added: number;
                        removed: number;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1Dashboard: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        currencies: components["schemas"]["DashboardCurrency"][];
                        /**
                         * Format: date-time
                         * @example 2026-03-31T09:00:00Z
                         */
                        figuresAt: string;
                        activeReminderRules: number;
                        attention: {
                            /** @enum {string} */
                            kind: "payment_failed" | "payment_returned" | "payment_unknown" | "address_bounced" | "reminder_held" | "mail_uncertain" | "upload_failed" | "cash_unapplied" | "ledger_mismatch";
                            /**
                             * Format: uuid
                             * @description Of the payment, attempt, contact, mail, upload or document; of a held reminder the customer, or the run when all are held
                             */
                            id: string;
                            customer: {
                                /** Format: uuid */
                                id: string;
                                name: string;
                            } | null;
                            text: string;
                            amount: components["schemas"]["Money"] | null;
                            /**
                             * Format: date-time
                             * @example 2026-03-31T09:00:00Z
                             */
                            at: string;
                        }[];
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1Disputes: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
                state?: "open" | "credited" | "rejected";
                ownerId?: string;
                customerId?: string;
                invoiceId?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Dispute"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1Disputes: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key with the same body is carried out once. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "invoiceId": "019a0000-0000-7000-8000-000000000001",
                 *       "amount": {
                 *         "amount": "1250.00",
                 *         "currency": "USD"
                 *       },
                 *       "reason": "price",
                 *       "ownerId": "019a0000-0000-7000-8000-000000000001",
                 *       "note": "text"
                 *     }
                 */
                "application/json": {
                    /** Format: uuid */
                    invoiceId: string;
                    amount?: components["schemas"]["Money"] | null;
                    /** @enum {string} */
                    reason: "price" | "quantity" | "quality" | "not_received" | "not_ordered" | "duplicate" | "terms" | "tax" | "other";
                    ownerId?: string | null;
                    note?: string | null;
                };
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DisputeDetail"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1DisputesId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DisputeDetail"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1DisputesIdNotes: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key with the same body is carried out once. */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "body": "Spoke with Anna: the delivery is being checked."
                 *     }
                 */
                "application/json": {
                    /** @example Spoke with Anna: the delivery is being checked. */
                    body: string;
                };
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DisputeDetail"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    putV1DisputesIdOwner: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "ownerId": "019a0000-0000-7000-8000-000000000001"
                 *     }
                 */
                "application/json": {
                    ownerId: string | null;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DisputeDetail"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1DisputesIdResolve: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "outcome": "credited",
                 *       "note": "text",
                 *       "createCredit": false
                 *     }
                 */
                "application/json": {
                    /** @enum {string} */
                    outcome: "credited" | "rejected";
                    note?: string | null;
                    /** @default false */
                    createCredit?: boolean;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DisputeDetail"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1Emails: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
                state?: "ready" | "sending" | "sent" | "failed" | "uncertain" | "withdrawn";
                /** @description only mails that came back */
                bounced?: "true" | "false";
                kind?: "reminder" | "payment_confirmation" | "receipt" | "payment_returned" | "payment_failed" | "pay_link_again" | "password_reset" | "invite" | "test" | "statement" | "reply" | "alarm" | "task_due";
                customerId?: string;
                invoiceId?: string;
                runId?: string;
                /** @description the beginning of the address */
                search?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Email"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1EmailsId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EmailDetail"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1EmailsIdAttachmentsPosition: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
                position: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": unknown;
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1EmailsIdInvoiceList: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/pdf": unknown;
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1EmailsIdSendAgain: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Email"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1EmailsCounts: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        waiting: number;
                        failed: number;
                        uncertain: number;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1Events: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
                actorId?: string;
                actorKind?: "user" | "api_key" | "payer" | "system";
                /** @description the beginning of the type: `payment` finds `payment.received` and `payment.settled` */
                type?: string;
                subjectType?: string;
                subjectId?: string;
                customerId?: string;
                /** @description first day, in the time zone of the company */
                from?: string;
                /** @description last day, in the time zone of the company */
                to?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Event"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1EventsTypes: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        types: string[];
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1ExportsAging: {
        parameters: {
            query?: {
                format?: "csv" | "xlsx";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": unknown;
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": unknown;
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1ExportsCreditMemos: {
        parameters: {
            query?: {
                state?: "open" | "overdue" | "closed" | "void" | "all";
                customerId?: string;
                categoryId?: string;
                currency?: string;
                dueFrom?: string;
                dueTo?: string;
                /** @description Open amount from, in major units */
                minAmount?: string;
                /** @description Open amount to, in major units */
                maxAmount?: string;
                /** @description Beginning of the number */
                number?: string;
                documentType?: string;
                companyCode?: string;
                /** @description A minus sorts descending; `amount` is the open amount and needs state open or overdue */
                sort?: "due" | "-due" | "amount" | "-amount" | "number" | "-number";
                format?: "csv" | "xlsx";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": unknown;
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": unknown;
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1ExportsCustomers: {
        parameters: {
            query?: {
                /** @description Beginnings of words in name or number */
                q?: string;
                status?: "active" | "archived" | "all";
                categoryId?: string;
                uncategorized?: "true" | "false";
                owing?: "open" | "overdue" | "credit";
                /** @description Only customers whose reminders are paused now */
                paused?: "true" | "false";
                /** @description For `owing` and for sorting by balance; the company’s own when left out */
                currency?: string;
                sort?: "name" | "-name" | "created" | "-created" | "balance" | "-balance" | "overdue" | "-overdue";
                format?: "csv" | "xlsx";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": unknown;
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": unknown;
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1ExportsInvoices: {
        parameters: {
            query?: {
                state?: "open" | "overdue" | "closed" | "void" | "all";
                customerId?: string;
                categoryId?: string;
                currency?: string;
                dueFrom?: string;
                dueTo?: string;
                /** @description Open amount from, in major units */
                minAmount?: string;
                /** @description Open amount to, in major units */
                maxAmount?: string;
                /** @description Beginning of the number */
                number?: string;
                documentType?: string;
                companyCode?: string;
                /** @description A minus sorts descending; `amount` is the open amount and needs state open or overdue */
                sort?: "due" | "-due" | "amount" | "-amount" | "number" | "-number";
                format?: "csv" | "xlsx";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": unknown;
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": unknown;
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1ExportsPayments: {
        parameters: {
            query?: {
                state?: "processing" | "settled" | "returned";
                method?: "card" | "bank" | "check" | "transfer" | "cash" | "other";
                customerId?: string;
                currency?: string;
                /** @description Only payments with money not yet applied */
                unapplied?: "true" | "false";
                receivedFrom?: string;
                receivedTo?: string;
                /** @description Beginning of the payment’s number */
                number?: string;
                sort?: "received" | "-received";
                format?: "csv" | "xlsx";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": unknown;
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": unknown;
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1GatewayAccounts: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            /** Format: uuid */
                            id: string;
                            gateway: string;
                            label: string;
                            rails: ("card" | "bank")[];
                            active: boolean;
                            webhookUrl: string;
                            settings: {
                                name: string;
                                label: string;
                                help: string;
                                kind: string;
                                required: boolean;
                                /** @description null for secrets */
                                value: string | null;
                                isSet: boolean;
                            }[];
                            /**
                             * Format: date-time
                             * @example 2026-03-31T09:00:00Z
                             */
                            createdAt: string;
                        }[];
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1GatewayAccounts: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "label": "text",
                 *       "rails": [
                 *         "card"
                 *       ],
                 *       "active": true,
                 *       "settings": {},
                 *       "gateway": "demo"
                 *     }
                 */
                "application/json": {
                    label: string;
                    rails: ("card" | "bank")[];
                    /** @default true */
                    active?: boolean;
                    /** @description by the form of GET /v1/gateways; a secret left out keeps its value */
                    settings: {
                        [key: string]: string;
                    };
                    gateway: string;
                };
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** Format: uuid */
                        id: string;
                        gateway: string;
                        label: string;
                        rails: ("card" | "bank")[];
                        active: boolean;
                        webhookUrl: string;
                        settings: {
                            name: string;
                            label: string;
                            help: string;
                            kind: string;
                            required: boolean;
                            /** @description null for secrets */
                            value: string | null;
                            isSet: boolean;
                        }[];
                        /**
                         * Format: date-time
                         * @example 2026-03-31T09:00:00Z
                         */
                        createdAt: string;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    putV1GatewayAccountsId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "label": "text",
                 *       "rails": [
                 *         "card"
                 *       ],
                 *       "active": true,
                 *       "settings": {}
                 *     }
                 */
                "application/json": {
                    label: string;
                    rails: ("card" | "bank")[];
                    /** @default true */
                    active?: boolean;
                    /** @description by the form of GET /v1/gateways; a secret left out keeps its value */
                    settings: {
                        [key: string]: string;
                    };
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** Format: uuid */
                        id: string;
                        gateway: string;
                        label: string;
                        rails: ("card" | "bank")[];
                        active: boolean;
                        webhookUrl: string;
                        settings: {
                            name: string;
                            label: string;
                            help: string;
                            kind: string;
                            required: boolean;
                            /** @description null for secrets */
                            value: string | null;
                            isSet: boolean;
                        }[];
                        /**
                         * Format: date-time
                         * @example 2026-03-31T09:00:00Z
                         */
                        createdAt: string;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1Gateways: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            id: string;
                            label: string;
                            rails: ("card" | "bank")[];
                            form: {
                                name: string;
                                label: string;
                                help: string;
                                /** @enum {string} */
                                kind: "text" | "url" | "secret";
                                required: boolean;
                            }[];
                        }[];
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1HoldsIdRelease: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "reason": "The bank shows no such payment"
                 *     }
                 */
                "application/json": {
                    reason?: string | null;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Hold"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1Imports: {
        parameters: {
            query?: {
                fileName?: string;
                kind?: "customers" | "invoices";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/octet-stream": unknown;
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Import"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The file is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1ImportsId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Import"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1ImportsIdCheck: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "snapshot": false,
                 *       "createCustomers": true
                 *     }
                 */
                "application/json": {
                    /** @default false */
                    snapshot?: boolean;
                    createCustomers?: boolean;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ImportOutcome"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1ImportsIdImport: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "snapshot": false,
                 *       "createCustomers": true
                 *     }
                 */
                "application/json": {
                    /** @default false */
                    snapshot?: boolean;
                    createCustomers?: boolean;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ImportOutcome"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    putV1ImportsIdMapping: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "kind": "customers",
                 *       "mapping": {}
                 *     }
                 */
                "application/json": {
                    /** @enum {string} */
                    kind: "customers" | "invoices";
                    mapping?: {
                        [key: string]: string | null;
                    };
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Import"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1InboxConversations: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
                /** @description unmatched: nobody knows yet whose they are; set_aside: newsletters, and what a person took out of the queue */
                box?: "customers" | "unread" | "unmatched" | "set_aside";
                customerId?: string;
                /** @description the beginning of a sender’s address */
                sender?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Conversation"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1InboxConversationsId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConversationDetail"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    putV1InboxConversationsIdCustomer: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "customerId": "019a0000-0000-7000-8000-000000000001",
                 *       "always": false
                 *     }
                 */
                "application/json": {
                    customerId: string | null;
                    /** @default false */
                    always?: boolean;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description how many moved */
                        conversations: number;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1InboxConversationsIdFiles: {
        parameters: {
            query: {
                fileName: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/octet-stream": unknown;
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReplyFile"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The file is larger than 10 MB. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    putV1InboxConversationsIdRead: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "read": true
                 *     }
                 */
                "application/json": {
                    read: boolean;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Conversation"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1InboxConversationsIdReply: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key with the same body is carried out once. */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "to": "ap@example.com",
                 *       "subject": "Re: Invoices",
                 *       "text": "Thank you, we have noted it."
                 *     }
                 */
                "application/json": {
                    /**
                     * @description the message that is answered; without it the newest that a person wrote
                     * @default null
                     */
                    messageId?: string | null;
                    to: string;
                    /** @default [] */
                    cc?: string[];
                    /** @default  */
                    subject?: string;
                    text: string;
                    /**
                     * @description files that were put up for it; 10 MB together at most
                     * @default []
                     */
                    files?: string[];
                };
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** Format: uuid */
                        emailId: string;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1InboxConversationsIdSuggestions: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            /** Format: uuid */
                            customerId: string;
                            name: string;
                            number: string;
                            /** @enum {string} */
                            because: "address" | "domain";
                        }[];
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1InboxCounts: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        unread: number;
                        unmatched: number;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1InboxFetch: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        enqueued: boolean;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1InboxMessagesIdAttachments: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            position: number;
                            name: string;
                            contentType: string;
                            sizeBytes: number;
                            /** @description false: too large, or one too many; only its name is here */
                            kept: boolean;
                            /** @description a picture that stands in its place in `html` */
                            inline: boolean;
                        }[];
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1InboxMessagesIdAttachmentsPosition: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
                position: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": unknown;
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1InboxMessagesIdPicturesPosition: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
                position: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/png": unknown;
                    "image/jpeg": unknown;
                    "image/gif": unknown;
                    "image/webp": unknown;
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1InboxSenders: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            address: string;
                            customer: {
                                /** Format: uuid */
                                id: string;
                                name: string;
                            } | null;
                            madeBy: string;
                            /**
                             * Format: date-time
                             * @example 2026-03-31T09:00:00Z
                             */
                            madeAt: string;
                        }[];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteV1InboxSendersAddress: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                address: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1Invoices: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
                state?: "open" | "overdue" | "closed" | "void" | "all";
                customerId?: string;
                categoryId?: string;
                currency?: string;
                dueFrom?: string;
                dueTo?: string;
                /** @description Open amount from, in major units */
                minAmount?: string;
                /** @description Open amount to, in major units */
                maxAmount?: string;
                /** @description Beginning of the number */
                number?: string;
                documentType?: string;
                companyCode?: string;
                /** @description A minus sorts descending; `amount` is the open amount and needs state open or overdue */
                sort?: "due" | "-due" | "amount" | "-amount" | "number" | "-number";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Document"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1Invoices: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key with the same body is carried out once. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "customerId": "019a1b2c-0000-7000-8000-000000000001",
                 *       "number": "INV-1042",
                 *       "amount": {
                 *         "amount": "1250.00",
                 *         "currency": "USD"
                 *       },
                 *       "issuedOn": "2026-03-01",
                 *       "dueOn": "2026-03-31"
                 *     }
                 */
                "application/json": {
                    /** Format: uuid */
                    customerId: string;
                    /** @description Given by PayorCRM when left out */
                    number?: string;
                    companyCode?: string;
                    amount: components["schemas"]["Money"];
                    /**
                     * Format: date
                     * @description Today when left out
                     * @example 2026-03-31
                     */
                    issuedOn?: string;
                    /**
                     * Format: date
                     * @description Issue date plus the default terms when left out
                     * @example 2026-03-31
                     */
                    dueOn?: string;
                    paymentTerms?: string | null;
                    reference1?: string | null;
                    reference2?: string | null;
                    itemText?: string | null;
                };
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DocumentDetail"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1InvoicesId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DocumentDetail"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1InvoicesIdFiles: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["SharedFile"][];
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteV1InvoicesIdFilesFileId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
                fileId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1InvoicesIdHolds: {
        parameters: {
            query?: {
                /** @description Ended and released ones too, the newest 200 */
                all?: "true" | "false";
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Hold"][];
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1InvoicesIdPdf: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/pdf": unknown;
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1InvoicesIdTimeline: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["TimelineEntry"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1InvoicesIdViews: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        lastStrongAt: string | null;
                        lastWeakAt: string | null;
                        strongCount: number;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1InvoicesIdVoid: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "reason": "Agreed by phone"
                 *     }
                 */
                "application/json": {
                    reason: string;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DocumentDetail"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1InvoicesIdWriteOff: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "amount": {
                 *         "amount": "1250.00",
                 *         "currency": "USD"
                 *       },
                 *       "reason": "Agreed by phone"
                 *     }
                 */
                "application/json": {
                    /** @description All that is open when left out */
                    amount?: components["schemas"]["Money"];
                    reason: string;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DocumentDetail"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1InvoicesTotals: {
        parameters: {
            query?: {
                state?: "open" | "overdue" | "closed" | "void" | "all";
                customerId?: string;
                categoryId?: string;
                currency?: string;
                dueFrom?: string;
                dueTo?: string;
                /** @description Open amount from, in major units */
                minAmount?: string;
                /** @description Open amount to, in major units */
                maxAmount?: string;
                /** @description Beginning of the number */
                number?: string;
                documentType?: string;
                companyCode?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        count: number;
                        /** @description True: there are more than were counted ("10,000+") */
                        capped: boolean;
                        sums: {
                            count: number;
                            amount: components["schemas"]["Money"];
                        }[];
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1Letters: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
                state?: "waiting" | "batched" | "printed" | "withdrawn";
                customer?: string;
                batch?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Letter"][];
                        nextCursor: string | null;
                        /** @description How many letters wait to be printed */
                        waiting: number;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1LettersId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Letter"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    patchV1LettersId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "address": [
                 *         "12 Quay Street",
                 *         "Boston MA 02110"
                 *       ]
                 *     }
                 */
                "application/json": {
                    /** @description the lines below the name; null: those of the newest invoice */
                    address: string[] | null;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Letter"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1LettersIdPdf: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/pdf": unknown;
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1LettersIdWithdraw: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "reason": "They called and will pay."
                 *     }
                 */
                "application/json": {
                    reason: string;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Letter"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1ManualSteps: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
                open?: "true" | "false";
                cadence?: string;
                customer?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["ManualStep"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1ManualStepsIdDone: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "note": "They will pay on Friday."
                 *     }
                 */
                "application/json": {
                    /** @default null */
                    note?: string | null;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ManualStep"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1ManualStepsIdSkip: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "note": "We spoke yesterday."
                 *     }
                 */
                "application/json": {
                    /** @default null */
                    note?: string | null;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ManualStep"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1Me: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    patchV1Me: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Blue Harbor Cafe"
                 *     }
                 */
                "application/json": {
                    name: string;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        name: string;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1MePassword: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "currentPassword": "text",
                 *       "newPassword": "text"
                 *     }
                 */
                "application/json": {
                    currentPassword: string;
                    newPassword: string;
                };
            };
        };
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1MeTotp: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        secret: string;
                        uri: string;
                        qrSvg: string;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1MeTotpConfirm: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "code": "123456"
                 *     }
                 */
                "application/json": {
                    code: string;
                };
            };
        };
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1MeTotpDisable: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "password": "a long enough password"
                 *     }
                 */
                "application/json": {
                    password: string;
                };
            };
        };
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1PayLinks: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "customerId": "019a0000-0000-7000-8000-000000000001",
                 *       "documentIds": [
                 *         "019a0000-0000-7000-8000-000000000001"
                 *       ]
                 *     }
                 */
                "application/json": {
                    /** Format: uuid */
                    customerId: string;
                    documentIds?: string[];
                };
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** Format: uuid */
                        payLinkId: string;
                        url: string;
                        amount: components["schemas"]["Money"];
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1PaymentAttempts: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
                state?: "created" | "submitted" | "requires_action" | "processing" | "settled" | "failed" | "canceled" | "returned" | "unknown";
                customerId?: string;
                paymentId?: string;
                rail?: "card" | "bank";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            /** Format: uuid */
                            id: string;
                            /** Format: uuid */
                            customerId: string;
                            customerName: string;
                            gateway: string;
                            /** Format: uuid */
                            gatewayAccountId: string;
                            gatewayRef: string | null;
                            /** @enum {string} */
                            rail: "card" | "bank";
                            method: {
                                /** @enum {string} */
                                rail: "card" | "bank";
                                brand: string | null;
                                last4: string;
                            } | null;
                            amount: components["schemas"]["Money"];
                            /** @enum {string} */
                            state: "created" | "submitted" | "requires_action" | "processing" | "settled" | "failed" | "canceled" | "returned" | "unknown";
                            failure: {
                                code: string;
                                category: string;
                                /** @description what the gateway said, for staff */
                                message: string;
                                /** @description what the payer read */
                                payerMessage: string;
                                gatewayCode: string | null;
                                returnCode: string | null;
                            } | null;
                            paymentId: string | null;
                            needsAttention: boolean;
                            /**
                             * Format: date-time
                             * @example 2026-03-31T09:00:00Z
                             */
                            createdAt: string;
                            submittedAt: string | null;
                            finishedAt: string | null;
                            nextCheckAt: string | null;
                        }[];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1PaymentAttemptsId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** Format: uuid */
                        id: string;
                        /** Format: uuid */
                        customerId: string;
                        customerName: string;
                        gateway: string;
                        /** Format: uuid */
                        gatewayAccountId: string;
                        gatewayRef: string | null;
                        /** @enum {string} */
                        rail: "card" | "bank";
                        method: {
                            /** @enum {string} */
                            rail: "card" | "bank";
                            brand: string | null;
                            last4: string;
                        } | null;
                        amount: components["schemas"]["Money"];
                        /** @enum {string} */
                        state: "created" | "submitted" | "requires_action" | "processing" | "settled" | "failed" | "canceled" | "returned" | "unknown";
                        failure: {
                            code: string;
                            category: string;
                            /** @description what the gateway said, for staff */
                            message: string;
                            /** @description what the payer read */
                            payerMessage: string;
                            gatewayCode: string | null;
                            returnCode: string | null;
                        } | null;
                        paymentId: string | null;
                        needsAttention: boolean;
                        /**
                         * Format: date-time
                         * @example 2026-03-31T09:00:00Z
                         */
                        createdAt: string;
                        submittedAt: string | null;
                        finishedAt: string | null;
                        nextCheckAt: string | null;
                        documents: {
                            /** Format: uuid */
                            documentId: string;
                            number: string;
                            amount: components["schemas"]["Money"];
                        }[];
                        steps: {
                            kind: string;
                            /**
                             * Format: date-time
                             * @example 2026-03-31T09:00:00Z
                             */
                            at: string;
                            detail: {
                                [key: string]: unknown;
                            };
                        }[];
                        refunds: {
                            /** Format: uuid */
                            id: string;
                            /** Format: uuid */
                            paymentId: string;
                            amount: components["schemas"]["Money"];
                            /** @enum {string} */
                            state: "created" | "submitted" | "pending" | "succeeded" | "failed" | "unknown";
                            reason: string | null;
                            failure: {
                                code: string;
                                category: string;
                                /** @description what the gateway said, for staff */
                                message: string;
                                /** @description what the payer read */
                                payerMessage: string;
                                gatewayCode: string | null;
                                returnCode: string | null;
                            } | null;
                            gatewayRef: string | null;
                            requestedBy: string;
                            /**
                             * Format: date-time
                             * @example 2026-03-31T09:00:00Z
                             */
                            createdAt: string;
                            finishedAt: string | null;
                        }[];
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1PaymentAttemptsIdCheck: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** Format: uuid */
                        id: string;
                        /** Format: uuid */
                        customerId: string;
                        customerName: string;
                        gateway: string;
                        /** Format: uuid */
                        gatewayAccountId: string;
                        gatewayRef: string | null;
                        /** @enum {string} */
                        rail: "card" | "bank";
                        method: {
                            /** @enum {string} */
                            rail: "card" | "bank";
                            brand: string | null;
                            last4: string;
                        } | null;
                        amount: components["schemas"]["Money"];
                        /** @enum {string} */
                        state: "created" | "submitted" | "requires_action" | "processing" | "settled" | "failed" | "canceled" | "returned" | "unknown";
                        failure: {
                            code: string;
                            category: string;
                            /** @description what the gateway said, for staff */
                            message: string;
                            /** @description what the payer read */
                            payerMessage: string;
                            gatewayCode: string | null;
                            returnCode: string | null;
                        } | null;
                        paymentId: string | null;
                        needsAttention: boolean;
                        /**
                         * Format: date-time
                         * @example 2026-03-31T09:00:00Z
                         */
                        createdAt: string;
                        submittedAt: string | null;
                        finishedAt: string | null;
                        nextCheckAt: string | null;
                        documents: {
                            /** Format: uuid */
                            documentId: string;
                            number: string;
                            amount: components["schemas"]["Money"];
                        }[];
                        steps: {
                            kind: string;
                            /**
                             * Format: date-time
                             * @example 2026-03-31T09:00:00Z
                             */
                            at: string;
                            detail: {
                                [key: string]: unknown;
                            };
                        }[];
                        refunds: {
                            /** Format: uuid */
                            id: string;
                            /** Format: uuid */
                            paymentId: string;
                            amount: components["schemas"]["Money"];
                            /** @enum {string} */
                            state: "created" | "submitted" | "pending" | "succeeded" | "failed" | "unknown";
                            reason: string | null;
                            failure: {
                                code: string;
                                category: string;
                                /** @description what the gateway said, for staff */
                                message: string;
                                /** @description what the payer read */
                                payerMessage: string;
                                gatewayCode: string | null;
                                returnCode: string | null;
                            } | null;
                            gatewayRef: string | null;
                            requestedBy: string;
                            /**
                             * Format: date-time
                             * @example 2026-03-31T09:00:00Z
                             */
                            createdAt: string;
                            finishedAt: string | null;
                        }[];
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteV1PaymentMethodsId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1Payments: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
                state?: "processing" | "settled" | "returned";
                method?: "card" | "bank" | "check" | "transfer" | "cash" | "other";
                customerId?: string;
                currency?: string;
                /** @description Only payments with money not yet applied */
                unapplied?: "true" | "false";
                receivedFrom?: string;
                receivedTo?: string;
                /** @description Beginning of the payment’s number */
                number?: string;
                sort?: "received" | "-received";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Payment"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1Payments: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key with the same body is carried out once. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "customerId": "019a1b2c-0000-7000-8000-000000000001",
                 *       "amount": {
                 *         "amount": "1250.00",
                 *         "currency": "USD"
                 *       },
                 *       "method": "check",
                 *       "reference": "Check 2041",
                 *       "autoApply": true
                 *     }
                 */
                "application/json": {
                    /** Format: uuid */
                    customerId: string;
                    amount: components["schemas"]["Money"];
                    /** @enum {string} */
                    method: "card" | "bank" | "check" | "transfer" | "cash" | "other";
                    /**
                     * Format: date
                     * @description Today when left out
                     * @example 2026-03-31
                     */
                    receivedOn?: string;
                    reference?: string | null;
                    note?: string | null;
                    /** @default [] */
                    applications?: {
                        /** Format: uuid */
                        invoiceId: string;
                        /** @description As much as is open when left out */
                        amount?: components["schemas"]["Money"];
                    }[];
                    /**
                     * @description Pays the oldest due invoices with what is left
                     * @default false
                     */
                    autoApply?: boolean;
                };
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PaymentDetail"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1PaymentsId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PaymentDetail"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1PaymentsIdApply: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key with the same body is carried out once. */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "applications": [
                 *         {
                 *           "invoiceId": "019a0000-0000-7000-8000-000000000001",
                 *           "amount": {
                 *             "amount": "1250.00",
                 *             "currency": "USD"
                 *           }
                 *         }
                 *       ]
                 *     }
                 */
                "application/json": {
                    applications: {
                        /** Format: uuid */
                        invoiceId: string;
                        /** @description As much as is open when left out */
                        amount?: components["schemas"]["Money"];
                    }[];
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PaymentDetail"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1PaymentsIdAttempt: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** Format: uuid */
                        id: string;
                        /** Format: uuid */
                        customerId: string;
                        customerName: string;
                        gateway: string;
                        /** Format: uuid */
                        gatewayAccountId: string;
                        gatewayRef: string | null;
                        /** @enum {string} */
                        rail: "card" | "bank";
                        method: {
                            /** @enum {string} */
                            rail: "card" | "bank";
                            brand: string | null;
                            last4: string;
                        } | null;
                        amount: components["schemas"]["Money"];
                        /** @enum {string} */
                        state: "created" | "submitted" | "requires_action" | "processing" | "settled" | "failed" | "canceled" | "returned" | "unknown";
                        failure: {
                            code: string;
                            category: string;
                            /** @description what the gateway said, for staff */
                            message: string;
                            /** @description what the payer read */
                            payerMessage: string;
                            gatewayCode: string | null;
                            returnCode: string | null;
                        } | null;
                        paymentId: string | null;
                        needsAttention: boolean;
                        /**
                         * Format: date-time
                         * @example 2026-03-31T09:00:00Z
                         */
                        createdAt: string;
                        submittedAt: string | null;
                        finishedAt: string | null;
                        nextCheckAt: string | null;
                        documents: {
                            /** Format: uuid */
                            documentId: string;
                            number: string;
                            amount: components["schemas"]["Money"];
                        }[];
                        steps: {
                            kind: string;
                            /**
                             * Format: date-time
                             * @example 2026-03-31T09:00:00Z
                             */
                            at: string;
                            detail: {
                                [key: string]: unknown;
                            };
                        }[];
                        refunds: {
                            /** Format: uuid */
                            id: string;
                            /** Format: uuid */
                            paymentId: string;
                            amount: components["schemas"]["Money"];
                            /** @enum {string} */
                            state: "created" | "submitted" | "pending" | "succeeded" | "failed" | "unknown";
                            reason: string | null;
                            failure: {
                                code: string;
                                category: string;
                                /** @description what the gateway said, for staff */
                                message: string;
                                /** @description what the payer read */
                                payerMessage: string;
                                gatewayCode: string | null;
                                returnCode: string | null;
                            } | null;
                            gatewayRef: string | null;
                            requestedBy: string;
                            /**
                             * Format: date-time
                             * @example 2026-03-31T09:00:00Z
                             */
                            createdAt: string;
                            finishedAt: string | null;
                        }[];
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1PaymentsIdRefunds: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            /** Format: uuid */
                            id: string;
                            /** Format: uuid */
                            paymentId: string;
                            amount: components["schemas"]["Money"];
                            /** @enum {string} */
                            state: "created" | "submitted" | "pending" | "succeeded" | "failed" | "unknown";
                            reason: string | null;
                            failure: {
                                code: string;
                                category: string;
                                /** @description what the gateway said, for staff */
                                message: string;
                                /** @description what the payer read */
                                payerMessage: string;
                                gatewayCode: string | null;
                                returnCode: string | null;
                            } | null;
                            gatewayRef: string | null;
                            requestedBy: string;
                            /**
                             * Format: date-time
                             * @example 2026-03-31T09:00:00Z
                             */
                            createdAt: string;
                            finishedAt: string | null;
                        }[];
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1PaymentsIdRefunds: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "amount": {
                 *         "amount": "25.00",
                 *         "currency": "USD"
                 *       },
                 *       "reason": "Damaged in transit"
                 *     }
                 */
                "application/json": {
                    /** @description at most what was paid and not refunded */
                    amount: components["schemas"]["Money"];
                    reason?: string;
                };
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** Format: uuid */
                        id: string;
                        /** Format: uuid */
                        paymentId: string;
                        amount: components["schemas"]["Money"];
                        /** @enum {string} */
                        state: "created" | "submitted" | "pending" | "succeeded" | "failed" | "unknown";
                        reason: string | null;
                        failure: {
                            code: string;
                            category: string;
                            /** @description what the gateway said, for staff */
                            message: string;
                            /** @description what the payer read */
                            payerMessage: string;
                            gatewayCode: string | null;
                            returnCode: string | null;
                        } | null;
                        gatewayRef: string | null;
                        requestedBy: string;
                        /**
                         * Format: date-time
                         * @example 2026-03-31T09:00:00Z
                         */
                        createdAt: string;
                        finishedAt: string | null;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1PaymentsIdReturn: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "reason": "Agreed by phone"
                 *     }
                 */
                "application/json": {
                    reason: string;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PaymentDetail"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1PaymentsTotals: {
        parameters: {
            query?: {
                state?: "processing" | "settled" | "returned";
                method?: "card" | "bank" | "check" | "transfer" | "cash" | "other";
                customerId?: string;
                currency?: string;
                /** @description Only payments with money not yet applied */
                unapplied?: "true" | "false";
                receivedFrom?: string;
                receivedTo?: string;
                /** @description Beginning of the payment’s number */
                number?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        count: number;
                        capped: boolean;
                        sums: {
                            count: number;
                            amount: components["schemas"]["Money"];
                        }[];
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1Permissions: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
                /** @description `true`: only what the caller may do */
                mine?: "true" | "false";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            /** @enum {string} */
                            permission: "settings.read" | "settings.write" | "users.read" | "users.write" | "audit.read" | "customers.read" | "customers.write" | "receivables.read" | "receivables.write" | "payments.read" | "payments.refund" | "reminders.read" | "reminders.write" | "reminders.run" | "reminders.send" | "statements.read" | "statements.write" | "statements.run" | "collections.read" | "collections.write" | "correspondence.read" | "correspondence.write" | "intake.read" | "intake.write" | "reporting.read";
                            meaning: string;
                            administrator: boolean;
                            manager: boolean;
                            collector: boolean;
                            viewer: boolean;
                        }[];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1Pictures: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Picture"][];
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1Pictures: {
        parameters: {
            query: {
                fileName: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Picture"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteV1PicturesId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1PrintBatches: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["PrintBatch"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1PrintBatches: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key with the same body is carried out once. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "letterIds": [
                 *         "01920000-0000-7000-8000-000000000003"
                 *       ]
                 *     }
                 */
                "application/json": {
                    /**
                     * @description null: all that wait
                     * @default null
                     */
                    letterIds?: string[] | null;
                };
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description null: nothing was left to print */
                        batch: components["schemas"]["PrintBatch"] | null;
                        withdrawn: number;
                        /** @description Letters that wait on, because nobody knows where they go */
                        withoutAddress: number;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1PrintBatchesId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PrintBatch"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1PrintBatchesIdCancel: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PrintBatch"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1PrintBatchesIdPdf: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/pdf": unknown;
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1PrintBatchesIdPrinted: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PrintBatch"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1Promises: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
                state?: "open" | "kept" | "broken" | "withdrawn";
                customerId?: string;
                invoiceId?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Promise"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1Promises: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key with the same body is carried out once. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "customerId": "019a0000-0000-7000-8000-000000000001",
                 *       "amount": {
                 *         "amount": "1250.00",
                 *         "currency": "USD"
                 *       },
                 *       "promisedOn": "2026-03-31",
                 *       "source": "phone",
                 *       "note": "text",
                 *       "invoiceIds": [
                 *         "019a0000-0000-7000-8000-000000000001"
                 *       ]
                 *     }
                 */
                "application/json": {
                    /** Format: uuid */
                    customerId: string;
                    amount: components["schemas"]["Money"];
                    /**
                     * Format: date
                     * @example 2026-03-31
                     */
                    promisedOn: string;
                    /** @enum {string} */
                    source: "phone" | "email" | "meeting" | "letter" | "other";
                    note?: string | null;
                    invoiceIds?: string[];
                };
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Promise"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1PromisesId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Promise"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1PromisesIdWithdraw: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Promise"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1RefundsIdCheck: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** Format: uuid */
                        id: string;
                        /** Format: uuid */
                        paymentId: string;
                        amount: components["schemas"]["Money"];
                        /** @enum {string} */
                        state: "created" | "submitted" | "pending" | "succeeded" | "failed" | "unknown";
                        reason: string | null;
                        failure: {
                            code: string;
                            category: string;
                            /** @description what the gateway said, for staff */
                            message: string;
                            /** @description what the payer read */
                            payerMessage: string;
                            gatewayCode: string | null;
                            returnCode: string | null;
                        } | null;
                        gatewayRef: string | null;
                        requestedBy: string;
                        /**
                         * Format: date-time
                         * @example 2026-03-31T09:00:00Z
                         */
                        createdAt: string;
                        finishedAt: string | null;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1ReminderDecisions: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
                outcome?: "send" | "merged" | "held";
                reason?: "matched" | "stronger_rule" | "same_rule" | "reminded_today" | "archived" | "stale_data" | "quiet_day" | "paused" | "no_contact" | "suppressed" | "dispute" | "claimed_paid" | "promise" | "payment_plan" | "autopay" | "payment_in_flight" | "credit_covers" | "skipped" | "postponed" | "too_soon" | "cap_reached" | "manual_step" | "run_canceled";
                /** @description The customer's id */
                customer?: string;
                day?: string;
                run?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["ReminderDecision"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1ReminderRules: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["ReminderRule"][];
                        nextCursor: null;
                        lastRun: components["schemas"]["ReminderRun"] | null;
                        /**
                         * Format: date-time
                         * @example 2026-03-31T09:00:00Z
                         */
                        nextRunAt: string;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1ReminderRules: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key with the same body is carried out once. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Overdue by 7 days",
                 *       "templateId": "01920000-0000-7000-8000-000000000001",
                 *       "customerCondition": {
                 *         "combinator": "and",
                 *         "conditions": [
                 *           {
                 *             "field": "customer_category",
                 *             "operator": "all"
                 *           }
                 *         ]
                 *       },
                 *       "invoiceCondition": {
                 *         "combinator": "and",
                 *         "conditions": [
                 *           {
                 *             "field": "overdue_by",
                 *             "operator": "equal",
                 *             "value": 7
                 *           }
                 *         ]
                 *       },
                 *       "schedule": {
                 *         "days": "weekdays",
                 *         "hour": null,
                 *         "holidays": "next"
                 *       },
                 *       "repeat": null
                 *     }
                 */
                "application/json": {
                    name: string;
                    /** Format: uuid */
                    templateId: string;
                    customerCondition: components["schemas"]["ReminderConditionGroup"];
                    invoiceCondition: components["schemas"]["ReminderConditionGroup"];
                    schedule?: components["schemas"]["ReminderSchedule"];
                    repeat?: components["schemas"]["ReminderRepeat"] | null;
                };
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReminderRule"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1ReminderRulesId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReminderRule"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteV1ReminderRulesId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    patchV1ReminderRulesId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Overdue by a week"
                 *     }
                 */
                "application/json": {
                    name?: string;
                    /** Format: uuid */
                    templateId?: string;
                    customerCondition?: components["schemas"]["ReminderConditionGroup"];
                    invoiceCondition?: components["schemas"]["ReminderConditionGroup"];
                    schedule?: components["schemas"]["ReminderSchedule"];
                    repeat?: components["schemas"]["ReminderRepeat"] | null;
                    /** @description the version that was edited: 409 when somebody saved other values meanwhile */
                    version?: number;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReminderRule"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1ReminderRulesIdActivate: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReminderRule"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1ReminderRulesIdDeactivate: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReminderRule"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1ReminderRulesIdDuplicate: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key with the same body is carried out once. */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReminderRule"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1ReminderRulesIdTest: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReminderTest"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1ReminderRulesIdVersions: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["ReminderRuleVersion"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1ReminderRulesIdVersionsVersionRestore: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
                version: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReminderRule"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1ReminderRulesSentence: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "customerCondition": {
                 *         "combinator": "and",
                 *         "conditions": [
                 *           {
                 *             "field": "customer_category",
                 *             "operator": "all"
                 *           }
                 *         ]
                 *       },
                 *       "invoiceCondition": {
                 *         "combinator": "and",
                 *         "conditions": [
                 *           {
                 *             "field": "overdue_by",
                 *             "operator": "equal",
                 *             "value": 7
                 *           }
                 *         ]
                 *       }
                 *     }
                 */
                "application/json": {
                    /** Format: uuid */
                    templateId?: string;
                    customerCondition: components["schemas"]["ReminderConditionGroup"];
                    invoiceCondition: components["schemas"]["ReminderConditionGroup"];
                    schedule?: components["schemas"]["ReminderSchedule"];
                    repeat?: components["schemas"]["ReminderRepeat"] | null;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        sentence: string;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1ReminderRulesTest: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "customerCondition": {
                 *         "combinator": "and",
                 *         "conditions": [
                 *           {
                 *             "field": "customer_category",
                 *             "operator": "all"
                 *           }
                 *         ]
                 *       },
                 *       "invoiceCondition": {
                 *         "combinator": "and",
                 *         "conditions": [
                 *           {
                 *             "field": "overdue_by",
                 *             "operator": "equal",
                 *             "value": 7
                 *           }
                 *         ]
                 *       }
                 *     }
                 */
                "application/json": {
                    customerCondition: components["schemas"]["ReminderConditionGroup"];
                    invoiceCondition: components["schemas"]["ReminderConditionGroup"];
                    schedule?: components["schemas"]["ReminderSchedule"];
                    repeat?: components["schemas"]["ReminderRepeat"] | null;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReminderTest"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1ReminderRuns: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["ReminderRun"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1ReminderRuns: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key with the same body is carried out once. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /** @example {} */
                "application/json": {
                    /** @description Of the active rules only these */
                    ruleIds?: string[];
                };
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReminderRunDetail"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1ReminderRunsId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReminderRunDetail"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1ReminderRunsIdApprove: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReminderRun"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1ReminderRunsIdCancel: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReminderRun"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1ReminderRunsIdDecisions: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
                outcome?: "send" | "merged" | "held";
                reason?: "matched" | "stronger_rule" | "same_rule" | "reminded_today" | "archived" | "stale_data" | "quiet_day" | "paused" | "no_contact" | "suppressed" | "dispute" | "claimed_paid" | "promise" | "payment_plan" | "autopay" | "payment_in_flight" | "credit_covers" | "skipped" | "postponed" | "too_soon" | "cap_reached" | "manual_step" | "run_canceled";
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["ReminderDecision"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1RemindersAlarmsIdSeen: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReminderAlarm"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1RemindersBacktests: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Backtest"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1RemindersBacktests: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key with the same body is carried out once. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "candidate": {
                 *         "kind": "rule",
                 *         "draft": {
                 *           "name": "Overdue by 7 days",
                 *           "customerCondition": {
                 *             "combinator": "and",
                 *             "conditions": [
                 *               {
                 *                 "field": "customer_category",
                 *                 "operator": "all"
                 *               }
                 *             ]
                 *           },
                 *           "invoiceCondition": {
                 *             "combinator": "and",
                 *             "conditions": [
                 *               {
                 *                 "field": "overdue_by",
                 *                 "operator": "equal",
                 *                 "value": 7
                 *               }
                 *             ]
                 *           }
                 *         }
                 *       },
                 *       "baseline": {
                 *         "kind": "sent"
                 *       },
                 *       "moreThan": 12
                 *     }
                 */
                "application/json": {
                    title?: string;
                    candidate: {
                        /** @constant */
                        kind: "live";
                    } | {
                        /** @constant */
                        kind: "current";
                    } | {
                        /** @constant */
                        kind: "rule";
                        /** @default null */
                        ruleId?: string | null;
                        /**
                         * @description a saved version of the rule; null: as it is now
                         * @default null
                         */
                        version?: number | null;
                        /**
                         * @description a rule that is not saved; with ruleId in the place of that rule
                         * @default null
                         */
                        draft?: components["schemas"]["BacktestDraftRuleInput"] | null;
                        /**
                         * @description along with the other rules that were live then
                         * @default false
                         */
                        together?: boolean;
                    };
                    /**
                     * @default {
                     *       "kind": "sent"
                     *     }
                     */
                    baseline?: {
                        /** @constant */
                        kind: "sent";
                    } | {
                        /** @constant */
                        kind: "live";
                    } | {
                        /** @constant */
                        kind: "current";
                    } | {
                        /** @constant */
                        kind: "rule";
                        /** @default null */
                        ruleId?: string | null;
                        /**
                         * @description a saved version of the rule; null: as it is now
                         * @default null
                         */
                        version?: number | null;
                        /**
                         * @description a rule that is not saved; with ruleId in the place of that rule
                         * @default null
                         */
                        draft?: components["schemas"]["BacktestDraftRuleInput"] | null;
                        /**
                         * @description along with the other rules that were live then
                         * @default false
                         */
                        together?: boolean;
                    };
                    /**
                     * Format: date
                     * @description twelve months ago when left out; 422 `history_not_kept` for a day before what HISTORY_MONTHS keeps
                     * @example 2026-03-31
                     */
                    from?: string;
                    /**
                     * Format: date
                     * @description yesterday when left out
                     * @example 2026-03-31
                     */
                    to?: string;
                    /**
                     * @description contacts with more mails than this are listed
                     * @default 12
                     */
                    moreThan?: number;
                };
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BacktestDetail"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1RemindersBacktestsId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BacktestDetail"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteV1RemindersBacktestsId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1RemindersBacktestsIdCancel: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BacktestDetail"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1RemindersBacktestsIdCustomers: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
                different?: "true" | "false";
                customerId?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["BacktestCustomer"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1RemindersByHand: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "customerId": "019a0000-0000-7000-8000-000000000001",
                 *       "invoiceIds": [
                 *         "019a0000-0000-7000-8000-000000000001"
                 *       ],
                 *       "templateId": "019a0000-0000-7000-8000-000000000001",
                 *       "to": "ap@example.com",
                 *       "cc": [],
                 *       "subject": null,
                 *       "message": null,
                 *       "attach": {
                 *         "statement": false,
                 *         "invoices": false,
                 *         "files": false
                 *       },
                 *       "id": "019a0000-0000-7000-8000-000000000001",
                 *       "pass": false
                 *     }
                 */
                "application/json": {
                    /** Format: uuid */
                    customerId: string;
                    invoiceIds: string[];
                    /** Format: uuid */
                    templateId: string;
                    /** @example ap@example.com */
                    to: string;
                    /** @default [] */
                    cc?: string[];
                    /**
                     * @description null: the one of the template
                     * @default null
                     */
                    subject?: string | null;
                    /**
                     * @description plain text with merge tags in place of the words of the template
                     * @default null
                     */
                    message?: string | null;
                    /**
                     * @default {
                     *       "statement": false,
                     *       "invoices": false,
                     *       "files": false
                     *     }
                     */
                    attach?: {
                        statement: boolean;
                        invoices: boolean;
                        files: boolean;
                    };
                    /** Format: uuid */
                    id?: string;
                    /** @default false */
                    pass?: boolean;
                };
            };
        };
        responses: {
            /** @description Done. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** Format: uuid */
                        emailId: string;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1RemindersByHandPrefill: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "customerId": "019a0000-0000-7000-8000-000000000001",
                 *       "invoiceIds": [
                 *         "019a0000-0000-7000-8000-000000000001"
                 *       ],
                 *       "templateId": "019a0000-0000-7000-8000-000000000001"
                 *     }
                 */
                "application/json": {
                    /** Format: uuid */
                    customerId: string;
                    invoiceIds: string[];
                    /** Format: uuid */
                    templateId: string;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        to: string | null;
                        cc: string[];
                        subject: string;
                        message: string;
                        attach: {
                            statement: boolean;
                            invoices: boolean;
                            files: boolean;
                        };
                        invoices: {
                            /** Format: uuid */
                            id: string;
                            number: string;
                            open: components["schemas"]["Money"];
                            /**
                             * Format: date
                             * @example 2026-03-31
                             */
                            dueOn: string;
                        }[];
                        warnings: {
                            reason: string;
                            text: string;
                            invoiceIds: string[];
                        }[];
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1RemindersByHandPreview: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "customerId": "019a0000-0000-7000-8000-000000000001",
                 *       "invoiceIds": [
                 *         "019a0000-0000-7000-8000-000000000001"
                 *       ],
                 *       "templateId": "019a0000-0000-7000-8000-000000000001",
                 *       "to": "ap@example.com",
                 *       "cc": [],
                 *       "subject": null,
                 *       "message": null,
                 *       "attach": {
                 *         "statement": false,
                 *         "invoices": false,
                 *         "files": false
                 *       }
                 *     }
                 */
                "application/json": {
                    /** Format: uuid */
                    customerId: string;
                    invoiceIds: string[];
                    /** Format: uuid */
                    templateId: string;
                    /** @example ap@example.com */
                    to: string;
                    /** @default [] */
                    cc?: string[];
                    /**
                     * @description null: the one of the template
                     * @default null
                     */
                    subject?: string | null;
                    /**
                     * @description plain text with merge tags in place of the words of the template
                     * @default null
                     */
                    message?: string | null;
                    /**
                     * @default {
                     *       "statement": false,
                     *       "invoices": false,
                     *       "files": false
                     *     }
                     */
                    attach?: {
                        statement: boolean;
                        invoices: boolean;
                        files: boolean;
                    };
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        subject: string;
                        html: string;
                        text: string;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1RemindersByHandTest: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "customerId": "019a0000-0000-7000-8000-000000000001",
                 *       "invoiceIds": [
                 *         "019a0000-0000-7000-8000-000000000001"
                 *       ],
                 *       "templateId": "019a0000-0000-7000-8000-000000000001",
                 *       "to": "ap@example.com",
                 *       "cc": [],
                 *       "subject": null,
                 *       "message": null,
                 *       "attach": {
                 *         "statement": false,
                 *         "invoices": false,
                 *         "files": false
                 *       }
                 *     }
                 */
                "application/json": {
                    /** Format: uuid */
                    customerId: string;
                    invoiceIds: string[];
                    /** Format: uuid */
                    templateId: string;
                    /** @example ap@example.com */
                    to: string;
                    /** @default [] */
                    cc?: string[];
                    /**
                     * @description null: the one of the template
                     * @default null
                     */
                    subject?: string | null;
                    /**
                     * @description plain text with merge tags in place of the words of the template
                     * @default null
                     */
                    message?: string | null;
                    /**
                     * @default {
                     *       "statement": false,
                     *       "invoices": false,
                     *       "files": false
                     *     }
                     */
                    attach?: {
                        statement: boolean;
                        invoices: boolean;
                        files: boolean;
                    };
                };
            };
        };
        responses: {
            /** @description Done. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** Format: uuid */
                        emailId: string;
                        to: string;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1RemindersCalendar: {
        parameters: {
            query?: {
                days?: number;
                /** @description customers shown for a run; the counts are of all */
                limit?: number;
                /** @description show customers of this day only */
                day?: string;
                /** @description show this customer only */
                customer?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReminderCalendar"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1RemindersFields: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        fields: {
                            name: string;
                            /** @enum {string} */
                            box: "customer" | "invoice";
                            label: string;
                            /** @enum {string} */
                            kind: "category" | "text" | "amount" | "days" | "days_since" | "last_emailed" | "last_viewed" | "habit" | "custom";
                            /** @description The values to choose from, where they are few */
                            choices: {
                                value: string;
                                label: string;
                            }[] | null;
                            /** @description Of a custom field: the names found in the newest customers or invoices */
                            names: string[] | null;
                            /** @description Values found in them, where they are few; `name` is that of the custom field. Others can be written. */
                            known: {
                                name: string | null;
                                values: string[];
                            }[];
                            operators: {
                                name: string;
                                label: string;
                                /** @enum {string} */
                                values: "none" | "one" | "two" | "many";
                            }[];
                        }[];
                        limits: {
                            depth: number;
                            conditions: number;
                            days: number;
                        };
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1RemindersHealth: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReminderHealth"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1RemindersOverrides: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["ReminderOverride"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1RemindersOverrides: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key with the same body is carried out once. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "customerId": "01920000-0000-7000-8000-000000000001",
                 *       "day": "2026-04-01",
                 *       "action": "skip",
                 *       "note": "They pay by the end of the week"
                 *     }
                 */
                "application/json": {
                    /** Format: uuid */
                    customerId: string;
                    /**
                     * @description null: whatever would go to the customer on that day
                     * @default null
                     */
                    ruleId?: string | null;
                    /**
                     * Format: date
                     * @example 2026-03-31
                     */
                    day: string;
                    /** @enum {string} */
                    action: "skip" | "postpone" | "send_now";
                    /** @default null */
                    toDay?: string | null;
                    /** @default null */
                    note?: string | null;
                };
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        override: components["schemas"]["ReminderOverride"];
                        sent: {
                            outcome: string;
                            reason: string;
                            text: string;
                            rule: string;
                        } | null;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteV1RemindersOverridesId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1RemindersPreview: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        mails: number;
                        tasks: number;
                        letters: number;
                        merged: number;
                        held: number;
                        heldReasons: {
                            reason: string;
                            text: string;
                            count: number;
                        }[];
                        invoices: number;
                        amounts: components["schemas"]["Money"][];
                        activeRules: number;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1RemindersSamples: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            key: string;
                            name: string;
                            /** @enum {string} */
                            kind: "sample" | "default";
                            categories: string[];
                        }[];
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1RemindersSamples: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key with the same body is carried out once. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "sample": "overdue_3"
                 *     }
                 */
                "application/json": {
                    sample: string;
                    /** Format: uuid */
                    templateId?: string;
                };
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReminderRule"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1RemindersUpcoming: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UpcomingReminders"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1RemindersWhy: {
        parameters: {
            query: {
                /** @description The customer's number */
                customer: string;
                /** @description Only about this invoice, by its number */
                invoice?: string;
                /** @description Today when left out */
                on?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReminderWhy"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1Search: {
        parameters: {
            query: {
                q: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        customers: components["schemas"]["CustomerRef"][];
                        invoices: components["schemas"]["Document"][];
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1Sessions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Session"][];
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteV1SessionsId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1SessionsEndOthers: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        ended: number;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1Settings: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Settings"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    patchV1Settings: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "reminders": {
                 *         "hour": 8
                 *       },
                 *       "branding": {
                 *         "accent": "#0f766e"
                 *       }
                 *     }
                 */
                "application/json": {
                    company?: {
                        name?: string;
                        currency?: string;
                        timezone?: string;
                        locale?: string;
                    };
                    branding?: {
                        logoUrl?: string | null;
                        accent?: string;
                        address?: string;
                        phone?: string;
                        supportEmail?: string | null;
                    };
                    mail?: {
                        fromName?: string | null;
                        fromAddress?: string | null;
                        replyTo?: string | null;
                        trackOpens?: boolean;
                        /** @description mail goes through the server of this installation while the own mail server fails */
                        fallback?: boolean;
                    };
                    reminders?: {
                        /** @description hour of the daily run in the time zone of the company */
                        hour?: number;
                        /** @description days that a run makes up for when it did not happen */
                        catchUpDays?: number;
                        /**
                         * @description one message for a customer and day, or one for each rule
                         * @enum {string}
                         */
                        grouping?: "merged" | "per_rule";
                        /** @description days from one mail to a customer to the next; 0: no such limit */
                        minContactDays?: number;
                        /** @description reminders and statements to one address in seven days; null: no such limit */
                        weeklyCap?: number | null;
                        /** @description reminders wait when the last good upload of invoices is older than this; null: they never wait for one */
                        freshnessHours?: number | null;
                        /** @description on days off nothing goes out; it follows on the next business day */
                        quietDays?: boolean;
                        /** @description a daily run that is so many times larger than usual waits for a person */
                        brakeFactor?: number;
                        /** @description a daily run of at most so many mails never waits */
                        brakeMinimum?: number;
                        /** @description hours after which a run that did not begin, or mails that did not leave, raise an alarm */
                        alarmAfterHours?: number;
                        /** @description days for which "I already paid" holds reminders of an invoice back */
                        claimedPaidDays?: number;
                    };
                    calendar?: {
                        /** @description days of the week that are no business days: 1 is Monday, 7 is Sunday */
                        weekend?: number[];
                    };
                    intake?: {
                        /** @description 03/04/2026 is the 3rd of April */
                        dayFirst?: boolean;
                        /** @description 1.250,00 is one thousand two hundred and fifty */
                        decimalComma?: boolean;
                        defaultTermsDays?: number;
                        /** @description an invoice of an unknown customer creates the customer */
                        createCustomers?: boolean;
                        /** @description columns of imported files, as last chosen */
                        mappings?: {
                            [key: string]: unknown;
                        };
                    };
                    collections?: {
                        /** @description days after the promised one until a promise counts as broken */
                        promiseGraceDays?: number;
                    };
                    statements?: {
                        /** @description hour of the daily look at the statement rules, in the time zone of the company */
                        hour?: number;
                        /** @description days that a run makes up for when it did not happen */
                        catchUpDays?: number;
                        /** @description where checks and transfers go, as lines of text; printed on each statement */
                        remitTo?: string;
                        /** @description a sentence to the customer, printed under each statement */
                        note?: string;
                        /** @description set with PUT /v1/statements/logo */
                        logoFileId?: string | null;
                    };
                    payments?: {
                        /** @description a bank payment closes its invoices when it is submitted, not when it has settled */
                        applyBankOnSubmission?: boolean;
                        linkDays?: number;
                        confirmHours?: number;
                    };
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Settings"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1SettingsInbox: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["InboxSettings"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    putV1SettingsInbox: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "host": "imap.example.com",
                 *       "port": 993,
                 *       "user": "billing@example.com",
                 *       "password": "a password"
                 *     }
                 */
                "application/json": {
                    host: string;
                    /** @default 993 */
                    port?: number;
                    user: string;
                    /** @description left out: the password stays, as long as host, port and user do */
                    password?: string;
                    /**
                     * @default always
                     * @enum {string}
                     */
                    tls?: "always" | "opportunistic";
                    /** @description TLS from the start of the connection instead of STARTTLS; without it: on port 993 */
                    secure?: boolean;
                    /** @default INBOX */
                    folder?: string;
                    /**
                     * @description how old messages may be that are brought in at first
                     * @default 3
                     */
                    monthsBack?: number;
                    /**
                     * @description mail from these domains, and those below them, is not brought in
                     * @default []
                     */
                    excludedDomains?: string[];
                    /** @default true */
                    active?: boolean;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["InboxSettings"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteV1SettingsInbox: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["InboxSettings"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1SettingsInboxTest: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "account": null
                 *     }
                 */
                "application/json": {
                    /** @default null */
                    account?: {
                        host: string;
                        /** @default 993 */
                        port?: number;
                        user: string;
                        /** @description left out: the password stays, as long as host, port and user do */
                        password?: string;
                        /**
                         * @default always
                         * @enum {string}
                         */
                        tls?: "always" | "opportunistic";
                        /** @description TLS from the start of the connection instead of STARTTLS; without it: on port 993 */
                        secure?: boolean;
                        /** @default INBOX */
                        folder?: string;
                        /**
                         * @description how old messages may be that are brought in at first
                         * @default 3
                         */
                        monthsBack?: number;
                        /**
                         * @description mail from these domains, and those below them, is not brought in
                         * @default []
                         */
                        excludedDomains?: string[];
                        /** @default true */
                        active?: boolean;
                    } | null;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        ok: boolean;
                        failedAt: ("address" | "connect" | "tls" | "sign_in" | "folder" | "read") | null;
                        answer: string;
                        messages: number | null;
                        certificate: {
                            subject: string;
                            issuer: string;
                            names: string[];
                            validFrom: string;
                            validTo: string;
                            protocol: string;
                            cipher: string;
                            problem: string | null;
                        } | null;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1SettingsMailServer: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MailServer"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    putV1SettingsMailServer: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "host": "smtp.example.com",
                 *       "port": 587,
                 *       "user": "billing@example.com",
                 *       "password": "a password",
                 *       "tls": "always"
                 *     }
                 */
                "application/json": {
                    host: string;
                    port: number;
                    user: string | null;
                    /**
                     * @description always: nothing is sent without TLS and a right certificate; opportunistic: TLS where the server offers it, whatever its certificate
                     * @enum {string}
                     */
                    tls: "always" | "opportunistic";
                    /** @description TLS from the start of the connection instead of STARTTLS; without it: on port 465 */
                    secure?: boolean;
                    /** @description left out: the password stays, as long as host, port and user do */
                    password?: string | null;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MailServer"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteV1SettingsMailServer: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MailServer"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1SettingsMailServerDomain: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        domain: string;
                        checks: {
                            /** @enum {string} */
                            what: "spf" | "dkim" | "dmarc" | "mx";
                            /** @enum {string} */
                            state: "ok" | "weak" | "missing" | "wrong" | "unknown";
                            found: string | null;
                            say: string;
                            add: {
                                name: string;
                                /** @constant */
                                type: "TXT";
                                value: string;
                            } | null;
                        }[];
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1SettingsMailServerTest: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "to": "you@example.com"
                 *     }
                 */
                "application/json": {
                    to: string;
                    /** @default null */
                    server?: {
                        host: string;
                        port: number;
                        user: string | null;
                        /**
                         * @description always: nothing is sent without TLS and a right certificate; opportunistic: TLS where the server offers it, whatever its certificate
                         * @enum {string}
                         */
                        tls: "always" | "opportunistic";
                        /** @description TLS from the start of the connection instead of STARTTLS; without it: on port 465 */
                        secure?: boolean;
                        /** @description left out: the password stays, as long as host, port and user do */
                        password?: string | null;
                    } | null;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        delivered: boolean;
                        steps: {
                            /** @enum {string} */
                            step: "dns" | "connect" | "greeting" | "tls" | "auth" | "mail_from" | "rcpt" | "sent";
                            ok: boolean;
                            answer: string;
                            ms: number;
                            certificate: {
                                subject: string;
                                issuer: string;
                                names: string[];
                                validFrom: string;
                                validTo: string;
                                protocol: string;
                                cipher: string;
                                problem: string | null;
                            } | null;
                        }[];
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1SettingsMailTest: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "to": "ada@example.com"
                 *     }
                 */
                "application/json": {
                    to: string;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        delivered: boolean;
                        answer: string;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1SettingsSecrets: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Secrets"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    putV1SettingsSecretsDkim: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "domain": "example.com",
                 *       "selector": "payorcrm",
                 *       "rsaPrivateKey": "text",
                 *       "ed25519PrivateKey": "text",
                 *       "ed25519Selector": "text"
                 *     }
                 */
                "application/json": {
                    domain: string;
                    selector: string;
                    rsaPrivateKey?: string;
                    ed25519PrivateKey?: string;
                    ed25519Selector?: string;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Secrets"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteV1SettingsSecretsDkim: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Secrets"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1SettingsSecretsDkimGenerate: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "domain": "example.com",
                 *       "selector": "payorcrm"
                 *     }
                 */
                "application/json": {
                    domain: string;
                    selector: string;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Secrets"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    putV1SettingsSecretsSmtpUrl: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "value": "smtps://user:password@mail.example.com:465"
                 *     }
                 */
                "application/json": {
                    value: string | null;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Secrets"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1SharedFiles: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["SharedFile"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1SharedFiles: {
        parameters: {
            query: {
                fileName: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/octet-stream": unknown;
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SharedFile"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The file is larger than 10 MB. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteV1SharedFilesId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1SharedFilesIdContent: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": unknown;
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1SharedFilesIdInvoices: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "invoiceIds": [
                 *         "019a0000-0000-7000-8000-000000000001"
                 *       ]
                 *     }
                 */
                "application/json": {
                    invoiceIds: string[];
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        linked: number;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1StatementRules: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["StatementRule"][];
                        nextCursor: null;
                        lastRun: components["schemas"]["StatementRun"] | null;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1StatementRules: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key with the same body is carried out once. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Day 1 of month",
                 *       "templateId": "01920000-0000-7000-8000-000000000001",
                 *       "schedule": {
                 *         "period": "monthly",
                 *         "days": [
                 *           1
                 *         ],
                 *         "holidays": "ignore",
                 *         "hour": null
                 *       },
                 *       "customerCondition": {
                 *         "combinator": "and",
                 *         "conditions": [
                 *           {
                 *             "field": "customer_category",
                 *             "operator": "all"
                 *           }
                 *         ]
                 *       },
                 *       "invoiceCondition": {
                 *         "combinator": "and",
                 *         "conditions": [
                 *           {
                 *             "field": "overdue_by",
                 *             "operator": "between",
                 *             "value": [
                 *               0,
                 *               300
                 *             ]
                 *           }
                 *         ]
                 *       }
                 *     }
                 */
                "application/json": {
                    customerCondition: components["schemas"]["ReminderConditionGroup"];
                    invoiceCondition: components["schemas"]["ReminderConditionGroup"];
                    schedule: components["schemas"]["StatementScheduleInput"];
                    /**
                     * @description open_item lists what is owed; balance_forward what moved the balance in a period
                     * @default open_item
                     * @enum {string}
                     */
                    kind?: "open_item" | "balance_forward";
                    /**
                     * @description with_parent: children stand on the statement of their parent
                     * @default separate
                     * @enum {string}
                     */
                    family?: "separate" | "with_parent";
                    /**
                     * @description open credits and unapplied cash are listed and taken off
                     * @default true
                     */
                    showCredits?: boolean;
                    /**
                     * @description customers who owe nothing get none
                     * @default true
                     */
                    skipZero?: boolean;
                    /**
                     * @description customers whom we owe get none
                     * @default true
                     */
                    skipCredit?: boolean;
                    name: string;
                    /** Format: uuid */
                    templateId: string;
                    /**
                     * @description a spreadsheet travels with the PDF
                     * @default false
                     */
                    attachXlsx?: boolean;
                };
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StatementRule"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1StatementRulesId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StatementRule"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteV1StatementRulesId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    patchV1StatementRulesId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Every Monday"
                 *     }
                 */
                "application/json": {
                    name?: string;
                    /** Format: uuid */
                    templateId?: string;
                    customerCondition?: components["schemas"]["ReminderConditionGroup"];
                    invoiceCondition?: components["schemas"]["ReminderConditionGroup"];
                    schedule?: components["schemas"]["StatementScheduleInput"];
                    /**
                     * @description open_item lists what is owed; balance_forward what moved the balance in a period
                     * @enum {string}
                     */
                    kind?: "open_item" | "balance_forward";
                    /**
                     * @description with_parent: children stand on the statement of their parent
                     * @enum {string}
                     */
                    family?: "separate" | "with_parent";
                    showCredits?: boolean;
                    skipZero?: boolean;
                    skipCredit?: boolean;
                    attachXlsx?: boolean;
                    /** @description the version that was edited: 409 when somebody saved another meanwhile */
                    version?: number;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StatementRule"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1StatementRulesIdActivate: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StatementRule"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1StatementRulesIdDeactivate: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StatementRule"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1StatementRulesIdDuplicate: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key with the same body is carried out once. */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StatementRule"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1StatementRulesIdVersions: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["StatementRuleVersion"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1StatementRulesIdVersionsVersionRestore: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
                version: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StatementRule"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1StatementRulesSentence: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "schedule": {
                 *         "period": "monthly",
                 *         "days": [
                 *           1
                 *         ],
                 *         "holidays": "ignore",
                 *         "hour": null
                 *       },
                 *       "customerCondition": {
                 *         "combinator": "and",
                 *         "conditions": [
                 *           {
                 *             "field": "customer_category",
                 *             "operator": "all"
                 *           }
                 *         ]
                 *       },
                 *       "invoiceCondition": {
                 *         "combinator": "and",
                 *         "conditions": [
                 *           {
                 *             "field": "overdue_by",
                 *             "operator": "between",
                 *             "value": [
                 *               0,
                 *               300
                 *             ]
                 *           }
                 *         ]
                 *       }
                 *     }
                 */
                "application/json": {
                    customerCondition: components["schemas"]["ReminderConditionGroup"];
                    invoiceCondition: components["schemas"]["ReminderConditionGroup"];
                    schedule: components["schemas"]["StatementScheduleInput"];
                    /**
                     * @description open_item lists what is owed; balance_forward what moved the balance in a period
                     * @default open_item
                     * @enum {string}
                     */
                    kind?: "open_item" | "balance_forward";
                    /**
                     * @description with_parent: children stand on the statement of their parent
                     * @default separate
                     * @enum {string}
                     */
                    family?: "separate" | "with_parent";
                    /**
                     * @description open credits and unapplied cash are listed and taken off
                     * @default true
                     */
                    showCredits?: boolean;
                    /**
                     * @description customers who owe nothing get none
                     * @default true
                     */
                    skipZero?: boolean;
                    /**
                     * @description customers whom we owe get none
                     * @default true
                     */
                    skipCredit?: boolean;
                    /** Format: uuid */
                    templateId?: string;
                    /** @default false */
                    attachXlsx?: boolean;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        sentence: string;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1StatementRulesTest: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "schedule": {
                 *         "period": "monthly",
                 *         "days": [
                 *           1
                 *         ],
                 *         "holidays": "ignore",
                 *         "hour": null
                 *       },
                 *       "customerCondition": {
                 *         "combinator": "and",
                 *         "conditions": [
                 *           {
                 *             "field": "customer_category",
                 *             "operator": "all"
                 *           }
                 *         ]
                 *       },
                 *       "invoiceCondition": {
                 *         "combinator": "and",
                 *         "conditions": [
                 *           {
                 *             "field": "overdue_by",
                 *             "operator": "between",
                 *             "value": [
                 *               0,
                 *               300
                 *             ]
                 *           }
                 *         ]
                 *       }
                 *     }
                 */
                "application/json": {
                    customerCondition: components["schemas"]["ReminderConditionGroup"];
                    invoiceCondition: components["schemas"]["ReminderConditionGroup"];
                    schedule: components["schemas"]["StatementScheduleInput"];
                    /**
                     * @description open_item lists what is owed; balance_forward what moved the balance in a period
                     * @default open_item
                     * @enum {string}
                     */
                    kind?: "open_item" | "balance_forward";
                    /**
                     * @description with_parent: children stand on the statement of their parent
                     * @default separate
                     * @enum {string}
                     */
                    family?: "separate" | "with_parent";
                    /**
                     * @description open credits and unapplied cash are listed and taken off
                     * @default true
                     */
                    showCredits?: boolean;
                    /**
                     * @description customers who owe nothing get none
                     * @default true
                     */
                    skipZero?: boolean;
                    /**
                     * @description customers whom we owe get none
                     * @default true
                     */
                    skipCredit?: boolean;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StatementTest"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1StatementRuns: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["StatementRun"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1StatementRuns: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key with the same body is carried out once. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /** @example {} */
                "application/json": {
                    /** @description These rules, on or off; all that are on when left out */
                    ruleIds?: string[];
                    /** @default true */
                    mails?: boolean;
                };
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StatementRunDetail"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1StatementRunsId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StatementRunDetail"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1StatementRunsIdPrintPdf: {
        parameters: {
            query?: {
                /** @description Only statements that go out by no mail */
                held?: "true" | "false";
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/pdf": unknown;
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1StatementRunsIdRetry: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** Format: uuid */
                        id: string;
                        /**
                         * Format: date
                         * @example 2026-03-31
                         */
                        asOf: string;
                        /** @enum {string} */
                        kind: "scheduled" | "manual" | "single";
                        /** @enum {string} */
                        state: "running" | "done";
                        rules: {
                            /** Format: uuid */
                            id: string;
                            name: string;
                        }[];
                        /** @description The days for which rules were due */
                        days: string[];
                        /** @description false: made for paper, nobody is written to */
                        mails: boolean;
                        startedBy: string;
                        statements: number;
                        held: number;
                        amounts: components["schemas"]["Money"][];
                        /**
                         * Format: date-time
                         * @example 2026-03-31T09:00:00Z
                         */
                        startedAt: string;
                        finishedAt: string | null;
                        progress: {
                            /** @description Not drawn yet */
                            planned: number;
                            drawn: number;
                            /** @description Could not be drawn */
                            failed: number;
                            held: number;
                            mails: {
                                ready: number;
                                sending: number;
                                sent: number;
                                failed: number;
                                uncertain: number;
                                withdrawn: number;
                            };
                            /** @description Mails that the mail server did not take yet; they go again by themselves */
                            waiting: {
                                count: number;
                                reason: string;
                            } | null;
                            /** @description What a retry would look at */
                            retryable: number;
                        };
                        holds: {
                            reason: string;
                            text: string;
                            count: number;
                        }[];
                        retried: {
                            statements: number;
                            mails: number;
                        };
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1StatementRunsIdStatements: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
                /** @description Only what was not drawn, is held back, or whose mail failed */
                trouble?: "true" | "false";
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Statement"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1StatementRunsIdStatementsZip: {
        parameters: {
            query?: {
                /** @description Only statements that go out by no mail */
                held?: "true" | "false";
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/zip": unknown;
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1Statements: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
                customer?: string;
                number?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Statement"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1Statements: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "customerId": "01920000-0000-7000-8000-000000000001",
                 *       "kind": "open_item"
                 *     }
                 */
                "application/json": {
                    /** Format: uuid */
                    customerId: string;
                    /**
                     * Format: date
                     * @description Today when left out
                     * @example 2026-03-31
                     */
                    asOf?: string;
                    /**
                     * @description open_item lists what is owed; balance_forward what moved the balance in a period
                     * @default open_item
                     * @enum {string}
                     */
                    kind?: "open_item" | "balance_forward";
                    /**
                     * Format: date
                     * @description Balance forward: the first day of the movements; the first of the month when left out
                     * @example 2026-03-31
                     */
                    from?: string;
                    /**
                     * @description One statement for each currency when left out
                     * @example USD
                     */
                    currency?: string;
                    /**
                     * @description with_parent: children stand on the statement of their parent
                     * @default separate
                     * @enum {string}
                     */
                    family?: "separate" | "with_parent";
                    /** @default true */
                    showCredits?: boolean;
                };
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Statement"][];
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1StatementsId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StatementDetail"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1StatementsIdPdf: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/pdf": unknown;
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1StatementsIdSend: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key with the same body is carried out once. */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /** @example {} */
                "application/json": {
                    /** @description The first is written to, the others are copied */
                    to?: string[];
                    /** Format: uuid */
                    templateId?: string;
                };
            };
        };
        responses: {
            /** @description Done. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** Format: uuid */
                        emailId: string;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1StatementsIdXlsx: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": unknown;
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1StatementsLogo: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/png": unknown;
                    "image/jpeg": unknown;
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    putV1StatementsLogo: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "image": null
                 *     }
                 */
                "application/json": {
                    /** @description base64 */
                    image: string | null;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        logoFileId: string | null;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1StatementsSamples: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            key: string;
                            name: string;
                            /** @enum {string} */
                            kind: "sample" | "default";
                            categories: string[];
                        }[];
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1StatementsSamples: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key with the same body is carried out once. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "sample": "monthly_overdue"
                 *     }
                 */
                "application/json": {
                    sample: string;
                    /** Format: uuid */
                    templateId?: string;
                };
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StatementRule"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1Suppressions: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
                /** @description the beginning of the address */
                search?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Suppression"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1Suppressions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "address": "ada@example.com",
                 *       "detail": null
                 *     }
                 */
                "application/json": {
                    address: string;
                    /** @default null */
                    detail?: string | null;
                };
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Suppression"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteV1SuppressionsAddress: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                address: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1Tasks: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
                state?: "open" | "done" | "skipped" | "finished";
                /** @description Those assigned to the caller */
                mine?: "true" | "false";
                unassigned?: "true" | "false";
                overdue?: "true" | "false";
                assigneeId?: string;
                customerId?: string;
                invoiceId?: string;
                source?: "person" | "cadence" | "payer" | "system";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Task"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1Tasks: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key with the same body is carried out once. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "customerId": "019a0000-0000-7000-8000-000000000001",
                 *       "title": "Call about INV-1001",
                 *       "description": "text",
                 *       "dueOn": "2026-03-31",
                 *       "assigneeId": "019a0000-0000-7000-8000-000000000001",
                 *       "invoiceIds": [
                 *         "019a0000-0000-7000-8000-000000000001"
                 *       ]
                 *     }
                 */
                "application/json": {
                    /** Format: uuid */
                    customerId: string;
                    /** @example Call about INV-1001 */
                    title: string;
                    description?: string | null;
                    /**
                     * Format: date
                     * @example 2026-03-31
                     */
                    dueOn: string;
                    assigneeId?: string | null;
                    invoiceIds?: string[];
                };
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Task"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1TasksId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Task"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    patchV1TasksId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "title": "Call about INV-1001",
                 *       "description": "text",
                 *       "dueOn": "2026-03-31",
                 *       "assigneeId": "019a0000-0000-7000-8000-000000000001"
                 *     }
                 */
                "application/json": {
                    /** @example Call about INV-1001 */
                    title?: string;
                    description?: string | null;
                    /**
                     * Format: date
                     * @example 2026-03-31
                     */
                    dueOn?: string;
                    assigneeId?: string | null;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Task"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1TasksIdDone: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "outcome": "They pay on Friday"
                 *     }
                 */
                "application/json": {
                    outcome?: string | null;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Task"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1TasksIdSkip: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "outcome": "Not needed any more"
                 *     }
                 */
                "application/json": {
                    outcome?: string | null;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Task"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1TasksCounts: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        mine: number;
                        all: number;
                        overdue: number;
                        unassigned: number;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1Templates: {
        parameters: {
            query?: {
                kind?: "reminder" | "statement" | "letter";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Template"][];
                        mergeTags: {
                            name: string;
                            label: string;
                            group: string;
                            block: boolean;
                            /** @description a whole address, for a link or button */
                            link: boolean;
                            kinds: ("reminder" | "statement" | "letter")[];
                        }[];
                        /** @description what {% for invoice in invoices %} gives of each invoice */
                        loopFields: {
                            name: string;
                            label: string;
                            link: boolean;
                        }[];
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1Templates: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key with the same body is carried out once. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Friendly reminder",
                 *       "subject": "Invoices from {{seller_name}}",
                 *       "body": "<p>Hello {{first_name}},</p>{{invoice_list}}{{payment_buttons}}"
                 *     }
                 */
                "application/json": {
                    name: string;
                    /**
                     * @default reminder
                     * @enum {string}
                     */
                    kind?: "reminder" | "statement" | "letter";
                    /**
                     * @description of the main text, which is used wherever no other fits
                     * @default en
                     * @example es
                     */
                    language?: string;
                    subject: string;
                    /**
                     * @description HTML with merge tags; null where `design` says it
                     * @default null
                     */
                    body?: string | null;
                    /**
                     * @description blocks; null for HTML
                     * @default null
                     */
                    design?: components["schemas"]["TemplateDesignInput"] | null;
                    /** @default [] */
                    cc?: string[];
                    /**
                     * @default {
                     *       "statement": false,
                     *       "invoices": false,
                     *       "files": false
                     *     }
                     */
                    attachments?: {
                        /** @description one PDF that lists the invoices */
                        statement: boolean;
                        /** @description the PDF of each invoice */
                        invoices: boolean;
                        /** @description files that are linked to the invoices */
                        files: boolean;
                    };
                    /**
                     * @description further texts: in other languages, and for mails with one invoice
                     * @default []
                     */
                    texts?: {
                        /** @example es */
                        language: string;
                        /**
                         * @description one: for mails with one invoice
                         * @enum {string}
                         */
                        variant: "any" | "one";
                        subject: string;
                        /**
                         * @description HTML with merge tags; null where `design` says it
                         * @default null
                         */
                        body?: string | null;
                        /**
                         * @description blocks; null for HTML
                         * @default null
                         */
                        design?: components["schemas"]["TemplateDesignInput"] | null;
                    }[];
                };
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Template"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1TemplatesId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Template"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    putV1TemplatesId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Friendly reminder",
                 *       "subject": "Invoices from {{seller_name}}",
                 *       "body": "<p>Hello {{first_name}},</p>{{invoice_list}}{{payment_buttons}}",
                 *       "version": 1
                 *     }
                 */
                "application/json": {
                    name: string;
                    /**
                     * @default reminder
                     * @enum {string}
                     */
                    kind?: "reminder" | "statement" | "letter";
                    /**
                     * @description of the main text, which is used wherever no other fits
                     * @default en
                     * @example es
                     */
                    language?: string;
                    subject: string;
                    /**
                     * @description HTML with merge tags; null where `design` says it
                     * @default null
                     */
                    body?: string | null;
                    /**
                     * @description blocks; null for HTML
                     * @default null
                     */
                    design?: components["schemas"]["TemplateDesignInput"] | null;
                    /** @default [] */
                    cc?: string[];
                    /**
                     * @default {
                     *       "statement": false,
                     *       "invoices": false,
                     *       "files": false
                     *     }
                     */
                    attachments?: {
                        /** @description one PDF that lists the invoices */
                        statement: boolean;
                        /** @description the PDF of each invoice */
                        invoices: boolean;
                        /** @description files that are linked to the invoices */
                        files: boolean;
                    };
                    /**
                     * @description further texts: in other languages, and for mails with one invoice
                     * @default []
                     */
                    texts?: {
                        /** @example es */
                        language: string;
                        /**
                         * @description one: for mails with one invoice
                         * @enum {string}
                         */
                        variant: "any" | "one";
                        subject: string;
                        /**
                         * @description HTML with merge tags; null where `design` says it
                         * @default null
                         */
                        body?: string | null;
                        /**
                         * @description blocks; null for HTML
                         * @default null
                         */
                        design?: components["schemas"]["TemplateDesignInput"] | null;
                    }[];
                    version: number;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Template"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteV1TemplatesId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1TemplatesIdDuplicate: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key with the same body is carried out once. */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Template"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1TemplatesIdTest: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "to": "you@example.com",
                 *       "customerId": null
                 *     }
                 */
                "application/json": {
                    /**
                     * @description null: the person who asks
                     * @default null
                     * @example you@example.com
                     */
                    to?: string | null;
                    /** @default null */
                    customerId?: string | null;
                };
            };
        };
        responses: {
            /** @description Done. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** Format: uuid */
                        emailId: string;
                        to: string;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1TemplatesIdVersions: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            version: number;
                            name: string;
                            subject: string;
                            body: string;
                            /**
                             * Format: date-time
                             * @example 2026-03-31T09:00:00Z
                             */
                            savedAt: string;
                            savedBy: string;
                        }[];
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1TemplatesIdVersionsVersion: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
                version: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        name: string;
                        /** @enum {string} */
                        kind: "reminder" | "statement" | "letter";
                        language: string;
                        subject: string;
                        body: string | null;
                        design: components["schemas"]["TemplateDesign"] | null;
                        cc: string[];
                        attachments: {
                            statement: boolean;
                            invoices: boolean;
                            files: boolean;
                        };
                        texts: {
                            language: string;
                            /**
                             * @description one: for mails with one invoice
                             * @enum {string}
                             */
                            variant: "any" | "one";
                            subject: string;
                            body: string | null;
                            design: components["schemas"]["TemplateDesign"] | null;
                        }[];
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1TemplatesIdVersionsVersionRestore: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
                version: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Template"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1TemplatesLanguages: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            language: string;
                            contacts: number;
                        }[];
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1TemplatesPreview: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "subject": "Invoices from {{seller_name}}",
                 *       "body": "<p>Hello {{first_name}},</p>{{invoice_list}}{{payment_buttons}}"
                 *     }
                 */
                "application/json": {
                    /**
                     * @default reminder
                     * @enum {string}
                     */
                    kind?: "reminder" | "statement" | "letter";
                    subject: string;
                    /**
                     * @description HTML with merge tags; null where `design` says it
                     * @default null
                     */
                    body?: string | null;
                    /**
                     * @description blocks; null for HTML
                     * @default null
                     */
                    design?: components["schemas"]["TemplateDesignInput"] | null;
                    /**
                     * @default null
                     * @example es
                     */
                    language?: string | null;
                    /**
                     * @description fills it as a mail with one invoice
                     * @default false
                     */
                    single?: boolean;
                    /** @default null */
                    customerId?: string | null;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        subject: string;
                        html: string;
                        text: string;
                        /** @description the same as plain HTML with the merge tags in it */
                        body: string;
                        /** @description of the HTML; Gmail hides what is beyond 102,400 */
                        sizeBytes: number;
                        /** @description the customer whose data it shows; null for an invented one */
                        customerId: string | null;
                        findings: {
                            /** @enum {string} */
                            severity: "error" | "warning";
                            message: string;
                        }[];
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1TemplatesTest: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "subject": "Invoices from {{seller_name}}",
                 *       "body": "<p>Hello {{first_name}},</p>{{invoice_list}}{{payment_buttons}}"
                 *     }
                 */
                "application/json": {
                    /**
                     * @default reminder
                     * @enum {string}
                     */
                    kind?: "reminder" | "statement" | "letter";
                    subject: string;
                    /**
                     * @description HTML with merge tags; null where `design` says it
                     * @default null
                     */
                    body?: string | null;
                    /**
                     * @description blocks; null for HTML
                     * @default null
                     */
                    design?: components["schemas"]["TemplateDesignInput"] | null;
                    /**
                     * @default null
                     * @example es
                     */
                    language?: string | null;
                    /**
                     * @description fills it as a mail with one invoice
                     * @default false
                     */
                    single?: boolean;
                    /**
                     * @default {
                     *       "statement": false,
                     *       "invoices": false,
                     *       "files": false
                     *     }
                     */
                    attachments?: {
                        /** @description one PDF that lists the invoices */
                        statement: boolean;
                        /** @description the PDF of each invoice */
                        invoices: boolean;
                        /** @description files that are linked to the invoices */
                        files: boolean;
                    };
                    /**
                     * @description null: the person who asks
                     * @default null
                     * @example you@example.com
                     */
                    to?: string | null;
                    /** @default null */
                    customerId?: string | null;
                };
            };
        };
        responses: {
            /** @description Done. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** Format: uuid */
                        emailId: string;
                        to: string;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1TotalsCustomers: {
        parameters: {
            query?: {
                /** @description Beginnings of words in name or number */
                q?: string;
                status?: "active" | "archived" | "all";
                categoryId?: string;
                uncategorized?: "true" | "false";
                owing?: "open" | "overdue" | "credit";
                /** @description Only customers whose reminders are paused now */
                paused?: "true" | "false";
                /** @description For `owing` and for sorting by balance; the company’s own when left out */
                currency?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        count: number;
                        capped: boolean;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1Uploads: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
                kind?: "customers" | "invoices";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Upload"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1UploadsId: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UploadDetail"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1UploadsIdUndo: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UndoneUpload"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1Users: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["StaffUser"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1Users: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key with the same body is carried out once. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "email": "kim@example.com",
                 *       "name": "Kim Lee",
                 *       "role": "collector"
                 *     }
                 */
                "application/json": {
                    email: string;
                    name: string;
                    /** @enum {string} */
                    role: "administrator" | "manager" | "collector" | "viewer";
                };
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StaffUser"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV1UsersId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StaffUser"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    patchV1UsersId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Blue Harbor Cafe",
                 *       "role": "administrator",
                 *       "disabled": true
                 *     }
                 */
                "application/json": {
                    name?: string;
                    /** @enum {string} */
                    role?: "administrator" | "manager" | "collector" | "viewer";
                    disabled?: boolean;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StaffUser"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A field is not right. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1UsersIdInvitation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postV1UsersIdSignOut: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        ended: number;
                    };
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteV1UsersIdTotp: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
