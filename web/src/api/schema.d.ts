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
         *     same again changes nothing. With an Idempotency-Key the answer is kept, and given again for the same body.
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
         *     same again changes nothing. With an Idempotency-Key the answer is kept, and given again for the same body.
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
        /** Read a rule */
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
         * @description Fields that are left out stay. Each change counts the version up.
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
         * @description Decides at once and answers how many mails go out and what they ask for; the mails follow. Nobody is reminded twice of the same rule on a day.
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
    "/v1/reminders/samples": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the sample rules */
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
        /** Why a customer is or is not reminded on a day */
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
        /** Create a template */
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
        /** @description Open invoices of one currency by days past due; decimal strings in major units */
        Aging: {
            /** @description Open credits and unapplied cash, as a positive amount */
            credits: string;
            /** @example USD */
            currency: string;
            /** @description Not yet due; due today counts here */
            current: string;
            days1To30: string;
            days31To60: string;
            days61To90: string;
            oldestDueOn: string | null;
            open: string;
            openCount: number;
            over90: string;
            overdue: string;
        };
        ApiKey: {
            apiKey: string;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            createdAt: string;
            createdBy: string | null;
            /** Format: uuid */
            id: string;
            /** @description to the minute */
            lastUsedAt: string | null;
            name: string;
            revokedAt: string | null;
            /** @enum {string} */
            role: "administrator" | "manager" | "collector" | "viewer";
        };
        Application: {
            /** @description Negative on a row that undoes another */
            amount: components["schemas"]["Money"];
            /**
             * Format: date
             * @example 2026-03-31
             */
            appliedOn: string;
            creditId: string | null;
            /** Format: uuid */
            id: string;
            /** Format: uuid */
            invoiceId: string;
            invoiceNumber: string;
            paymentId: string | null;
            /** @description True until the source system’s balance confirms it */
            provisional: boolean;
            reason: string | null;
            reversesId: string | null;
            /** @enum {string} */
            source: "payment" | "credit_memo" | "source_system" | "write_off" | "void";
            undone: boolean;
        };
        Contact: {
            email: string;
            /** Format: uuid */
            id: string;
            isPrimary: boolean;
            name: string | null;
            phone: string | null;
            /**
             * @description Reminders go to the primary contact; other billing contacts are copied
             * @enum {string}
             */
            purpose: "billing" | "other";
        };
        Customer: {
            archivedAt: string | null;
            categories: {
                /** Format: uuid */
                id: string;
                name: string;
            }[];
            companyCode: string;
            companyName: string | null;
            contacts: components["schemas"]["Contact"][];
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            createdAt: string;
            /** @description Attributes of uploads that PayorCRM does not know */
            custom: {
                [key: string]: unknown;
            };
            firstName: string | null;
            /** Format: uuid */
            id: string;
            language: string | null;
            lastName: string | null;
            /** @description Company name, else first and last name, else the e-mail address */
            name: string;
            number: string;
            pausedReason: string | null;
            pausedUntil: string | null;
            phone: string | null;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            updatedAt: string;
        };
        CustomerItem: {
            archivedAt: string | null;
            /** @description By currency, the company’s own first */
            balances: {
                credits: components["schemas"]["Money"];
                oldestDueOn: string | null;
                open: components["schemas"]["Money"];
                openCount: number;
                overdue: components["schemas"]["Money"];
            }[];
            categories: {
                /** Format: uuid */
                id: string;
                name: string;
            }[];
            companyCode: string;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            createdAt: string;
            /** @description Of the primary contact */
            email: string | null;
            /** Format: uuid */
            id: string;
            name: string;
            number: string;
            pausedUntil: string | null;
            phone: string | null;
        };
        CustomerRef: {
            /** Format: uuid */
            id: string;
            name: string;
            number: string;
        };
        DashboardCurrency: {
            aging: {
                current: string;
                days1To30: string;
                days31To60: string;
                days61To90: string;
                over90: string;
            };
            /** @description The last twelve months, the present one last */
            collected: {
                amount: string;
                month: string;
            }[];
            collectedLastMonth: string;
            collectedThisMonth: string;
            /** @description Open credits and unapplied cash */
            credits: string;
            /** @example USD */
            currency: string;
            /** @description Days sales outstanding: open / credit sales of the last 90 days × 90; null without sales */
            dso: number | null;
            open: string;
            openCount: number;
            overdue: string;
            overdue30DaysAgo: string;
            /** @description Percent against 30 days ago; null when nothing was overdue then */
            overdueChange: number | null;
        };
        Document: {
            closedOn: string | null;
            companyCode: string;
            customer: components["schemas"]["CustomerRef"];
            /** @description Days past due in the company’s time zone; 0 when not overdue */
            daysOverdue: number;
            documentType: string | null;
            /**
             * Format: date
             * @example 2026-03-31
             */
            dueOn: string;
            /** Format: uuid */
            id: string;
            /**
             * Format: date
             * @example 2026-03-31
             */
            issuedOn: string;
            /** @enum {string} */
            kind: "invoice" | "credit_memo" | "payment_on_account";
            /** @description Line of the ledger document, when one number has several open items */
            lineItem: string;
            number: string;
            /** @description What is still owed; of a credit, what is left to apply */
            open: components["schemas"]["Money"];
            reference1: string | null;
            /** @enum {string} */
            state: "open" | "closed" | "void";
            total: components["schemas"]["Money"];
        };
        DocumentDetail: {
            accountingNumber: string | null;
            /** @description As issued; `total` adds later charges */
            amount: components["schemas"]["Money"];
            applications: components["schemas"]["Application"][];
            billAddress: {
                [key: string]: unknown;
            } | null;
            closedOn: string | null;
            companyCode: string;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            createdAt: string;
            custom: {
                [key: string]: unknown;
            } | null;
            customer: components["schemas"]["CustomerRef"];
            /** @description As uploaded with the invoice */
            customerName: string | null;
            /** @description Days past due in the company’s time zone; 0 when not overdue */
            daysOverdue: number;
            debitCredit: string | null;
            documentType: string | null;
            /**
             * Format: date
             * @example 2026-03-31
             */
            dueOn: string;
            fiscalPeriod: string | null;
            fiscalYear: string | null;
            hasSourcePdf: boolean;
            /** Format: uuid */
            id: string;
            invoicedOn: string | null;
            /**
             * Format: date
             * @example 2026-03-31
             */
            issuedOn: string;
            itemText: string | null;
            /** @enum {string} */
            kind: "invoice" | "credit_memo" | "payment_on_account";
            /** @description Line of the ledger document, when one number has several open items */
            lineItem: string;
            /** @description In the home currency of the company code; for reports only */
            localAmount: string | null;
            number: string;
            /** @description What is still owed; of a credit, what is left to apply */
            open: components["schemas"]["Money"];
            paymentTerms: string | null;
            postedOn: string | null;
            postingKey: string | null;
            profitCenter: string | null;
            reasonCode: string | null;
            reasonText: string | null;
            reference1: string | null;
            reference2: string | null;
            referenceDocument: string | null;
            shipAddress: {
                [key: string]: unknown;
            } | null;
            soldTo: string | null;
            sourceStatus: string | null;
            /** @enum {string} */
            state: "open" | "closed" | "void";
            total: components["schemas"]["Money"];
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            updatedAt: string;
            uploadId: string | null;
        };
        Email: {
            canSendAgain: boolean;
            cc: string[];
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            createdAt: string;
            customer: {
                /** Format: uuid */
                id: string;
                name: string;
            } | null;
            /** Format: uuid */
            id: string;
            /** @enum {string} */
            kind: "reminder" | "payment_confirmation" | "receipt" | "payment_returned" | "pay_link_again" | "password_reset" | "invite" | "test";
            nextTryAt: string | null;
            /** @description why it is not sent, or not yet */
            reason: string | null;
            sentAt: string | null;
            /** @enum {string} */
            state: "ready" | "sending" | "sent" | "failed" | "uncertain" | "withdrawn";
            /** @description null until it is rendered */
            subject: string | null;
            to: string;
            tries: number;
        };
        EmailDetail: {
            canSendAgain: boolean;
            cc: string[];
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            createdAt: string;
            customer: {
                /** Format: uuid */
                id: string;
                name: string;
            } | null;
            headers: {
                [key: string]: string;
            };
            /** @description as the customer saw it, with the tokens of its links taken out; null until it is rendered */
            html: string | null;
            /** Format: uuid */
            id: string;
            invoices: {
                /** Format: uuid */
                id: string;
                number: string;
                open: components["schemas"]["Money"];
            }[];
            /** @enum {string} */
            kind: "reminder" | "payment_confirmation" | "receipt" | "payment_returned" | "pay_link_again" | "password_reset" | "invite" | "test";
            messageId: string | null;
            nextTryAt: string | null;
            /** @description why it is not sent, or not yet */
            reason: string | null;
            /** @description the reminder run whose decisions led to it */
            runId: string | null;
            sentAt: string | null;
            /** @description what the mail server said last */
            serverAnswer: string | null;
            /** @enum {string} */
            state: "ready" | "sending" | "sent" | "failed" | "uncertain" | "withdrawn";
            /** @description null until it is rendered */
            subject: string | null;
            templateId: string | null;
            text: string | null;
            to: string;
            tries: number;
            views: {
                /**
                 * Format: date-time
                 * @example 2026-03-31T09:00:00Z
                 */
                at: string;
                /** @enum {string} */
                grade: "weak" | "strong" | "machine";
                invoiceId: string | null;
                /** @enum {string} */
                kind: "pixel" | "pdf" | "link";
                userAgent: string | null;
            }[];
        };
        Event: {
            actor: {
                id: string | null;
                /** @enum {string} */
                kind: "user" | "api_key" | "payer" | "system";
                name: string;
            };
            customerId: string | null;
            /** @description ids, and `before` and `after` where something was changed */
            data: {
                [key: string]: unknown;
            };
            /** Format: uuid */
            id: string;
            ip: string | null;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            occurredAt: string;
            /** Format: uuid */
            subjectId: string;
            subjectType: string;
            type: string;
        };
        Import: {
            attributes: {
                name: string;
                required: boolean;
            }[];
            columns: string[];
            fileName: string;
            format: string;
            /** Format: uuid */
            id: string;
            /** @enum {string} */
            kind: "customers" | "invoices";
            /** @description By column: an attribute of the guide, "custom" to keep it under its own name, null to leave it out */
            mapping: {
                [key: string]: string | null;
            };
            /** @description Required attributes that no column gives */
            missing: string[];
            /** @description The first 20 rows as text */
            rows: (string | null)[][];
            uploadId: string | null;
        };
        ImportOutcome: {
            closed: number;
            created: number;
            failed: number;
            received: number;
            /** @description The first 200 rows with errors or warnings, errors first */
            results: {
                errors?: {
                    code: string;
                    field: string;
                    message: string;
                }[];
                id?: string;
                /** @description Row of the file, the first one under the header is 0 */
                index: number;
                key: string;
                /** @enum {string} */
                status: "created" | "updated" | "unchanged" | "error";
                warnings?: {
                    code: string;
                    field: string;
                    message: string;
                }[];
            }[];
            unchanged: number;
            updated: number;
            /** Format: uuid */
            uploadId: string;
            warnings: {
                code: string;
                field: string;
                message: string;
            }[];
        };
        Me: {
            permissions: ("settings.read" | "settings.write" | "users.read" | "users.write" | "audit.read" | "customers.read" | "customers.write" | "receivables.read" | "receivables.write" | "payments.read" | "payments.refund" | "reminders.read" | "reminders.write" | "reminders.run" | "correspondence.read" | "correspondence.write" | "intake.read" | "intake.write" | "reporting.read")[];
            tenant: {
                /** @example USD */
                currency: string;
                /** Format: uuid */
                id: string;
                locale: string;
                name: string;
                timezone: string;
            };
            user: {
                /** @description empty for an API key */
                email: string;
                /** Format: uuid */
                id: string;
                /** @enum {string} */
                kind: "user" | "api_key";
                name: string;
                /** @enum {string} */
                role: "administrator" | "manager" | "collector" | "viewer";
                totp: boolean;
            };
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
        MoneyInput: {
            /**
             * @description decimal string in major units
             * @example 1250.00
             */
            amount: string;
            /** @example USD */
            currency: string;
        };
        Payment: {
            amount: components["schemas"]["Money"];
            applied: components["schemas"]["Money"];
            /** @description The gateway attempt that collected it */
            attemptId: string | null;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            createdAt: string;
            customer: components["schemas"]["CustomerRef"];
            /** Format: uuid */
            id: string;
            /** @enum {string} */
            method: "card" | "bank" | "check" | "transfer" | "cash" | "other";
            note: string | null;
            number: string;
            /**
             * Format: date
             * @example 2026-03-31
             */
            receivedOn: string;
            reference: string | null;
            refunded: components["schemas"]["Money"];
            returnedOn: string | null;
            returnedReason: string | null;
            /** @enum {string} */
            state: "processing" | "settled" | "returned";
            unapplied: components["schemas"]["Money"];
        };
        PaymentDetail: {
            amount: components["schemas"]["Money"];
            applications: components["schemas"]["Application"][];
            applied: components["schemas"]["Money"];
            /** @description The gateway attempt that collected it */
            attemptId: string | null;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            createdAt: string;
            customer: components["schemas"]["CustomerRef"];
            /** Format: uuid */
            id: string;
            /** @enum {string} */
            method: "card" | "bank" | "check" | "transfer" | "cash" | "other";
            note: string | null;
            number: string;
            /**
             * Format: date
             * @example 2026-03-31
             */
            receivedOn: string;
            reference: string | null;
            refunded: components["schemas"]["Money"];
            returnedOn: string | null;
            returnedReason: string | null;
            /** @enum {string} */
            state: "processing" | "settled" | "returned";
            unapplied: components["schemas"]["Money"];
        };
        Problem: {
            code: string;
            detail: string;
            errors?: {
                code: string;
                field: string;
                message: string;
            }[];
            status: number;
            title: string;
            type: string;
        };
        ReminderCondition: {
            /** @enum {string} */
            field: "customer_category" | "customer_number" | "customer_name" | "customer_balance" | "customer_overdue_balance" | "due_in" | "overdue_by" | "invoice_amount" | "invoice_balance" | "last_emailed" | "document_type" | "company_code" | "profit_center" | "currency";
            /** @enum {string} */
            operator: "equal" | "not_equal" | "less" | "less_or_equal" | "greater" | "greater_or_equal" | "between" | "not_between" | "one_of" | "begins_with" | "contains" | "empty" | "not_empty" | "all" | "uncategorized" | "never" | "more_than_days_ago";
            /** @description days: an integer; amounts: a decimal string in major units; between: two values; one_of: a list; category: its id */
            value?: string | number | (string | number)[];
        };
        ReminderConditionGroup: {
            /** @enum {string} */
            combinator: "and" | "or";
            conditions: (components["schemas"]["ReminderCondition"] | components["schemas"]["ReminderConditionGroup"])[];
        };
        ReminderConditionGroupInput: {
            /** @enum {string} */
            combinator: "and" | "or";
            conditions: (components["schemas"]["ReminderConditionInput"] | components["schemas"]["ReminderConditionGroupInput"])[];
        };
        ReminderConditionInput: {
            /** @enum {string} */
            field: "customer_category" | "customer_number" | "customer_name" | "customer_balance" | "customer_overdue_balance" | "due_in" | "overdue_by" | "invoice_amount" | "invoice_balance" | "last_emailed" | "document_type" | "company_code" | "profit_center" | "currency";
            /** @enum {string} */
            operator: "equal" | "not_equal" | "less" | "less_or_equal" | "greater" | "greater_or_equal" | "between" | "not_between" | "one_of" | "begins_with" | "contains" | "empty" | "not_empty" | "all" | "uncategorized" | "never" | "more_than_days_ago";
            /** @description days: an integer; amounts: a decimal string in major units; between: two values; one_of: a list; category: its id */
            value?: string | number | (string | number)[];
        };
        ReminderDecision: {
            amount: components["schemas"]["Money"];
            customer: {
                /** Format: uuid */
                id: string;
                name: string;
                number: string;
            };
            /**
             * Format: date
             * @description The day whose conditions matched
             * @example 2026-03-31
             */
            day: string;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            decidedAt: string;
            /** @description At most 50 of them */
            documentIds: string[];
            emailId: string | null;
            emailState: string | null;
            invoices: number;
            /** @enum {string} */
            outcome: "send" | "merged" | "held";
            reason: string;
            rule: {
                /** Format: uuid */
                id: string;
                name: string;
                version: number;
            };
            /** Format: uuid */
            runId: string;
            /** @description The reason in words */
            text: string;
        };
        ReminderRule: {
            /** @description The first day for which the daily run asks the rule */
            activatedOn: string | null;
            active: boolean;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            createdAt: string;
            customerCondition: components["schemas"]["ReminderConditionGroup"];
            /** Format: uuid */
            id: string;
            invoiceCondition: components["schemas"]["ReminderConditionGroup"];
            name: string;
            position: number;
            /** @description The rule in one sentence */
            sentence: string;
            /** Format: uuid */
            templateId: string;
            templateName: string;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            updatedAt: string;
            version: number;
        };
        ReminderRun: {
            /** @description What the mails ask for, by currency */
            amounts: components["schemas"]["Money"][];
            /** @description The days that the run answers for; the last is its own */
            days: string[];
            finishedAt: string | null;
            /** @enum {string} */
            grouping: "merged" | "per_rule";
            /** @description Decisions held back */
            held: number;
            /** Format: uuid */
            id: string;
            /** @enum {string} */
            kind: "daily" | "manual";
            mails: number;
            /** @description Decisions listed in the mail of another rule */
            merged: number;
            /** @description Days without a run that are too long ago to be caught up */
            missedDays: string[];
            /**
             * Format: date
             * @example 2026-03-31
             */
            runOn: string;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            startedAt: string;
            startedBy: string;
            /** @enum {string} */
            state: "running" | "done";
        };
        ReminderRunDetail: {
            /** @description What the mails ask for, by currency */
            amounts: components["schemas"]["Money"][];
            /** @description The days that the run answers for; the last is its own */
            days: string[];
            finishedAt: string | null;
            /** @enum {string} */
            grouping: "merged" | "per_rule";
            /** @description Decisions held back */
            held: number;
            /** Format: uuid */
            id: string;
            /** @enum {string} */
            kind: "daily" | "manual";
            mails: number;
            /** @description Decisions listed in the mail of another rule */
            merged: number;
            /** @description Days without a run that are too long ago to be caught up */
            missedDays: string[];
            reasons: {
                count: number;
                outcome: string;
                reason: string;
                text: string;
            }[];
            /**
             * Format: date
             * @example 2026-03-31
             */
            runOn: string;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            startedAt: string;
            startedBy: string;
            /** @enum {string} */
            state: "running" | "done";
        };
        ReminderTest: {
            customers: {
                amount: components["schemas"]["Money"];
                contact: {
                    email: string;
                    name: string | null;
                } | null;
                customer: {
                    /** Format: uuid */
                    id: string;
                    name: string;
                    number: string;
                };
                invoiceCount: number;
                /** @description The first ten */
                invoices: {
                    balance: components["schemas"]["Money"];
                    /**
                     * Format: date
                     * @example 2026-03-31
                     */
                    dueOn: string;
                    /** Format: uuid */
                    id: string;
                    number: string;
                    /** @description The values that matched */
                    values: {
                        field: string;
                        label: string;
                        value: string;
                    }[];
                }[];
                /** @enum {string} */
                outcome: "send" | "merged" | "held";
                reason: string;
                text: string;
            }[];
            /**
             * Format: date
             * @example 2026-03-31
             */
            day: string;
            nextCursor: string | null;
            summary: {
                amounts: components["schemas"]["Money"][];
                held: number;
                heldReasons: {
                    count: number;
                    reason: string;
                    text: string;
                }[];
                invoices: number;
                mails: number;
                merged: number;
            };
        };
        ReminderWhy: {
            items: {
                customer: {
                    companyCode: string;
                    /** Format: uuid */
                    id: string;
                    name: string;
                    number: string;
                };
                /**
                 * Format: date
                 * @example 2026-03-31
                 */
                on: string;
                openInvoices: number;
                rules: {
                    active: boolean;
                    conditions: {
                        /** @enum {string} */
                        about: "customer" | "invoice";
                        asked: string;
                        field: string;
                        held: boolean;
                        values: {
                            held: boolean;
                            invoice: string;
                            value: string;
                        }[];
                    }[];
                    /** @description What was decided, as recorded */
                    decisions: {
                        amount: components["schemas"]["Money"];
                        /**
                         * Format: date
                         * @example 2026-03-31
                         */
                        day: string;
                        /**
                         * Format: date-time
                         * @example 2026-03-31T09:00:00Z
                         */
                        decidedAt: string;
                        emailId: string | null;
                        emailState: string | null;
                        outcome: string;
                        reason: string;
                        /** Format: uuid */
                        runId: string;
                        text: string;
                    }[];
                    /** @description Numbers of the invoices that the rule selects on that day, by today's data */
                    matched: string[];
                    name: string;
                    /** Format: uuid */
                    ruleId: string;
                    sentence: string;
                    /** @description What a run would decide where nothing is recorded */
                    wouldBe: {
                        outcome: string;
                        reason: string;
                        text: string;
                    } | null;
                }[];
            }[];
        };
        Secrets: {
            dkim: {
                domain: string | null;
                ed25519Selector: string | null;
                records: {
                    name: string;
                    /** @constant */
                    type: "TXT";
                    value: string;
                }[];
                selector: string | null;
                set: boolean;
                updatedAt: string | null;
            };
            smtpUrl: {
                server: string | null;
                set: boolean;
                updatedAt: string | null;
            };
        };
        Session: {
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            createdAt: string;
            current: boolean;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            expiresAt: string;
            /** Format: uuid */
            id: string;
            ip: string | null;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            lastSeenAt: string;
            userAgent: string | null;
        };
        Settings: {
            branding: {
                accent: string;
                address: string;
                logoUrl: string | null;
                phone: string;
                supportEmail: string | null;
            };
            company: {
                currency: string;
                /** Format: uuid */
                id: string;
                locale: string;
                name: string;
                timezone: string;
            };
            intake: {
                /** @description an invoice of an unknown customer creates the customer */
                createCustomers: boolean;
                /** @description 03/04/2026 is the 3rd of April */
                dayFirst: boolean;
                /** @description 1.250,00 is one thousand two hundred and fifty */
                decimalComma: boolean;
                defaultTermsDays: number;
                /** @description columns of imported files, as last chosen */
                mappings: {
                    [key: string]: unknown;
                };
            };
            mail: {
                fromAddress: string | null;
                fromName: string | null;
                replyTo: string | null;
                trackOpens: boolean;
            };
            payments: {
                /** @description a bank payment closes its invoices when it is submitted, not when it has settled */
                applyBankOnSubmission: boolean;
                confirmHours: number;
                linkDays: number;
            };
            reminders: {
                /** @description days that a run makes up for when it did not happen */
                catchUpDays: number;
                /**
                 * @description one message for a customer and day, or one for each rule
                 * @enum {string}
                 */
                grouping: "merged" | "per_rule";
                /** @description hour of the daily run in the time zone of the company */
                hour: number;
            };
        };
        StaffUser: {
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            createdAt: string;
            email: string;
            /** Format: uuid */
            id: string;
            lastSignInAt: string | null;
            name: string;
            /** @enum {string} */
            role: "administrator" | "manager" | "collector" | "viewer";
            /** @enum {string} */
            status: "active" | "invited" | "disabled";
            totp: boolean;
        };
        Suppression: {
            address: string;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            createdAt: string;
            detail: string | null;
            /**
             * @description bounce: the mail server refused it for good; opt_out: no reminders, at the wish of the person; manual: by staff
             * @enum {string}
             */
            reason: "bounce" | "opt_out" | "manual";
        };
        Template: {
            archived: boolean;
            body: string;
            cc: string[];
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            createdAt: string;
            /** Format: uuid */
            id: string;
            isDefault: boolean;
            name: string;
            subject: string;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            updatedAt: string;
            version: number;
        };
        TimelineEntry: {
            actor: {
                kind: string | null;
                name: string;
            } | null;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            at: string;
            data: {
                [key: string]: unknown;
            };
            /** Format: uuid */
            id: string;
            /** @enum {string} */
            kind: "event" | "email" | "view";
            subjectId: string | null;
            subjectType: string | null;
            /** @description Such as invoice.recorded, application.payment, email.sent, email.pixel */
            type: string;
        };
        UndoneUpload: {
            kept: {
                /** Format: uuid */
                id: string;
                message: string;
                number: string;
                reason: string;
            }[];
            keptCount: number;
            removed: number;
            restored: number;
        };
        UpcomingReminders: {
            activeRules: number;
            amounts: components["schemas"]["Money"][];
            customers: {
                amount: components["schemas"]["Money"];
                /** Format: uuid */
                customerId: string;
                customerName: string;
                invoices: number;
            }[];
            /**
             * Format: date
             * @example 2026-03-31
             */
            day: string;
            held: number;
            heldReasons: {
                count: number;
                reason: string;
                text: string;
            }[];
            invoices: number;
            mails: number;
            merged: number;
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            nextRunAt: string;
            rules: {
                customers: number;
                /** Format: uuid */
                id: string;
                invoices: number;
                name: string;
            }[];
        };
        Upload: {
            actorName: string;
            closed: number;
            created: number;
            failed: number;
            fileName: string | null;
            finishedAt: string | null;
            /** Format: uuid */
            id: string;
            /** @enum {string} */
            kind: "customers" | "invoices";
            received: number;
            snapshot: boolean;
            /** @enum {string} */
            source: "api" | "file" | "cli";
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            startedAt: string;
            unchanged: number;
            undoneAt: string | null;
            updated: number;
        };
        UploadAnswer: {
            /** @description Documents that a snapshot did not name */
            closed: number;
            created: number;
            failed: number;
            received: number;
            /** @description Every row up to 10,000; above, only rows with errors or warnings unless results=all */
            results: {
                errors?: {
                    code: string;
                    field: string;
                    message: string;
                }[];
                id?: string;
                index: number;
                key: string;
                /** @enum {string} */
                status: "created" | "updated" | "unchanged" | "error";
                warnings?: {
                    code: string;
                    field: string;
                    message: string;
                }[];
            }[];
            /** @description False when rows were sent and none was accepted */
            success: boolean;
            unchanged: number;
            updated: number;
            uploadId: string;
            warnings: {
                code: string;
                field: string;
                message: string;
            }[];
        };
        UploadDetail: {
            actorName: string;
            closed: number;
            created: number;
            errors: {
                errors: {
                    code: string;
                    field: string;
                    message: string;
                }[];
                index: number;
                key: string | null;
            }[];
            failed: number;
            fileName: string | null;
            finishedAt: string | null;
            /** Format: uuid */
            id: string;
            /** @enum {string} */
            kind: "customers" | "invoices";
            nextCursor: string | null;
            received: number;
            snapshot: boolean;
            /** @enum {string} */
            source: "api" | "file" | "cli";
            /**
             * Format: date-time
             * @example 2026-03-31T09:00:00Z
             */
            startedAt: string;
            unchanged: number;
            undoneAt: string | null;
            updated: number;
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
                        nextCursor: string | null;
                        payments: {
                            amount: string;
                            applications: {
                                accountingDocNumber: string | null;
                                amount: string;
                                fee: string;
                                invoiceNumber: string;
                            }[];
                            companyCode: string;
                            currency: string;
                            customerNumber: string;
                            date: string;
                            gatewayReference: string | null;
                            method: string;
                            paymentNumber: string;
                            state: string;
                            unapplied: string;
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
    postJsonApiUploadCustomers: {
        parameters: {
            query?: {
                results?: "all" | "notable";
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
                    "application/json": components["schemas"]["UploadAnswer"];
                };
            };
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
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
    postJsonApiUploadInvoices: {
        parameters: {
            query?: {
                /** @description An unknown customer is created when the row has a customerName */
                createCustomers?: "true" | "false";
                results?: "all" | "notable";
                /** @description The rows are all open items of their company codes: what is missing is closed */
                snapshot?: "true" | "false";
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
            /** @description Not signed in, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
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
        };
    };
    getV1AgingCustomers: {
        parameters: {
            query?: {
                categoryId?: string;
                /** @description For `owing` and for sorting by balance; the company’s own when left out */
                currency?: string;
                cursor?: string;
                limit?: number;
                owing?: "open" | "overdue" | "credit";
                /** @description Only customers whose reminders are paused now */
                paused?: "true" | "false";
                /** @description Beginnings of words in name or number */
                q?: string;
                sort?: "name" | "-name" | "created" | "-created" | "balance" | "-balance" | "overdue" | "-overdue";
                status?: "active" | "archived" | "all";
                uncategorized?: "true" | "false";
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
                            aging: components["schemas"]["Aging"];
                            customer: components["schemas"]["CustomerRef"];
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
                        apiKey: string;
                        apiSecret: string;
                        /**
                         * Format: date-time
                         * @example 2026-03-31T09:00:00Z
                         */
                        createdAt: string;
                        createdBy: string | null;
                        /** Format: uuid */
                        id: string;
                        /** @description to the minute */
                        lastUsedAt: string | null;
                        name: string;
                        revokedAt: string | null;
                        /** @enum {string} */
                        role: "administrator" | "manager" | "collector" | "viewer";
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
                            customerCount: number;
                            /** Format: uuid */
                            id: string;
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
    getV1CreditMemos: {
        parameters: {
            query?: {
                categoryId?: string;
                companyCode?: string;
                currency?: string;
                cursor?: string;
                customerId?: string;
                documentType?: string;
                dueFrom?: string;
                dueTo?: string;
                limit?: number;
                /** @description Open amount to, in major units */
                maxAmount?: string;
                /** @description Open amount from, in major units */
                minAmount?: string;
                /** @description Beginning of the number */
                number?: string;
                /** @description A minus sorts descending; `amount` is the open amount and needs state open or overdue */
                sort?: "due" | "-due" | "amount" | "-amount" | "number" | "-number";
                state?: "open" | "overdue" | "closed" | "void" | "all";
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
                "application/json": {
                    amount: components["schemas"]["MoneyInput"];
                    companyCode?: string;
                    /** Format: uuid */
                    customerId: string;
                    /**
                     * Format: date
                     * @description Today when left out
                     * @example 2026-03-31
                     */
                    issuedOn?: string;
                    itemText?: string | null;
                    /** @description Given by PayorCRM when left out */
                    number?: string;
                    reasonCode?: string | null;
                    reasonText?: string | null;
                    reference1?: string | null;
                    reference2?: string | null;
                    /** @description Number of the invoice that it belongs to */
                    referenceDocument?: string | null;
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
                "application/json": {
                    applications: {
                        amount?: components["schemas"]["MoneyInput"];
                        /** Format: uuid */
                        invoiceId: string;
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
                categoryId?: string;
                /** @description For `owing` and for sorting by balance; the company’s own when left out */
                currency?: string;
                cursor?: string;
                limit?: number;
                owing?: "open" | "overdue" | "credit";
                /** @description Only customers whose reminders are paused now */
                paused?: "true" | "false";
                /** @description Beginnings of words in name or number */
                q?: string;
                sort?: "name" | "-name" | "created" | "-created" | "balance" | "-balance" | "overdue" | "-overdue";
                status?: "active" | "archived" | "all";
                uncategorized?: "true" | "false";
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
                    companyCode?: string;
                    companyName?: string | null;
                    contacts?: {
                        email: string;
                        name?: string | null;
                        phone?: string | null;
                        /** @enum {string} */
                        purpose?: "billing" | "other";
                    }[];
                    custom?: {
                        [key: string]: unknown;
                    };
                    firstName?: string | null;
                    language?: string | null;
                    lastName?: string | null;
                    number: string;
                    phone?: string | null;
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
                "application/json": {
                    companyName?: string | null;
                    custom?: {
                        [key: string]: unknown;
                    };
                    firstName?: string | null;
                    language?: string | null;
                    lastName?: string | null;
                    phone?: string | null;
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
                "application/json": {
                    email: string;
                    isPrimary?: boolean;
                    name?: string | null;
                    phone?: string | null;
                    /** @enum {string} */
                    purpose?: "billing" | "other";
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
                contactId: string;
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
    patchV1CustomersIdContactsContactId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                contactId: string;
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    email?: string;
                    isPrimary?: boolean;
                    name?: string | null;
                    phone?: string | null;
                    /** @enum {string} */
                    purpose?: "billing" | "other";
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
                    reason?: string | null;
                    /**
                     * Format: date
                     * @example 2026-03-31
                     */
                    until: string;
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
                            brand: string | null;
                            /**
                             * Format: date-time
                             * @example 2026-03-31T09:00:00Z
                             */
                            createdAt: string;
                            /** Format: uuid */
                            customerId: string;
                            expMonth: number | null;
                            expYear: number | null;
                            holderName: string | null;
                            /** Format: uuid */
                            id: string;
                            last4: string;
                            /** @enum {string} */
                            rail: "card" | "bank";
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
                "application/json": {
                    /** @default [] */
                    add?: string[];
                    customerIds: string[];
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
                        activeReminderRules: number;
                        attention: {
                            amount: components["schemas"]["Money"] | null;
                            /**
                             * Format: date-time
                             * @example 2026-03-31T09:00:00Z
                             */
                            at: string;
                            customer: {
                                /** Format: uuid */
                                id: string;
                                name: string;
                            } | null;
                            /**
                             * Format: uuid
                             * @description Of the payment, attempt, contact, mail, upload or document; of a held reminder the customer
                             */
                            id: string;
                            /** @enum {string} */
                            kind: "payment_failed" | "payment_returned" | "payment_unknown" | "address_bounced" | "reminder_held" | "mail_uncertain" | "upload_failed" | "cash_unapplied" | "ledger_mismatch";
                            text: string;
                        }[];
                        currencies: components["schemas"]["DashboardCurrency"][];
                        /**
                         * Format: date-time
                         * @example 2026-03-31T09:00:00Z
                         */
                        figuresAt: string;
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
    getV1Emails: {
        parameters: {
            query?: {
                cursor?: string;
                customerId?: string;
                invoiceId?: string;
                kind?: "reminder" | "payment_confirmation" | "receipt" | "payment_returned" | "pay_link_again" | "password_reset" | "invite" | "test";
                limit?: number;
                runId?: string;
                /** @description the beginning of the address */
                search?: string;
                state?: "ready" | "sending" | "sent" | "failed" | "uncertain" | "withdrawn";
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
                        failed: number;
                        uncertain: number;
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
        };
    };
    getV1Events: {
        parameters: {
            query?: {
                actorId?: string;
                actorKind?: "user" | "api_key" | "payer" | "system";
                cursor?: string;
                customerId?: string;
                /** @description first day, in the time zone of the company */
                from?: string;
                limit?: number;
                subjectId?: string;
                subjectType?: string;
                /** @description last day, in the time zone of the company */
                to?: string;
                /** @description the beginning of the type: `payment` finds `payment.received` and `payment.settled` */
                type?: string;
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
        };
    };
    getV1ExportsCreditMemos: {
        parameters: {
            query?: {
                categoryId?: string;
                companyCode?: string;
                currency?: string;
                customerId?: string;
                documentType?: string;
                dueFrom?: string;
                dueTo?: string;
                format?: "csv" | "xlsx";
                /** @description Open amount to, in major units */
                maxAmount?: string;
                /** @description Open amount from, in major units */
                minAmount?: string;
                /** @description Beginning of the number */
                number?: string;
                /** @description A minus sorts descending; `amount` is the open amount and needs state open or overdue */
                sort?: "due" | "-due" | "amount" | "-amount" | "number" | "-number";
                state?: "open" | "overdue" | "closed" | "void" | "all";
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
        };
    };
    getV1ExportsCustomers: {
        parameters: {
            query?: {
                categoryId?: string;
                /** @description For `owing` and for sorting by balance; the company’s own when left out */
                currency?: string;
                format?: "csv" | "xlsx";
                owing?: "open" | "overdue" | "credit";
                /** @description Only customers whose reminders are paused now */
                paused?: "true" | "false";
                /** @description Beginnings of words in name or number */
                q?: string;
                sort?: "name" | "-name" | "created" | "-created" | "balance" | "-balance" | "overdue" | "-overdue";
                status?: "active" | "archived" | "all";
                uncategorized?: "true" | "false";
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
        };
    };
    getV1ExportsInvoices: {
        parameters: {
            query?: {
                categoryId?: string;
                companyCode?: string;
                currency?: string;
                customerId?: string;
                documentType?: string;
                dueFrom?: string;
                dueTo?: string;
                format?: "csv" | "xlsx";
                /** @description Open amount to, in major units */
                maxAmount?: string;
                /** @description Open amount from, in major units */
                minAmount?: string;
                /** @description Beginning of the number */
                number?: string;
                /** @description A minus sorts descending; `amount` is the open amount and needs state open or overdue */
                sort?: "due" | "-due" | "amount" | "-amount" | "number" | "-number";
                state?: "open" | "overdue" | "closed" | "void" | "all";
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
        };
    };
    getV1ExportsPayments: {
        parameters: {
            query?: {
                currency?: string;
                customerId?: string;
                format?: "csv" | "xlsx";
                method?: "card" | "bank" | "check" | "transfer" | "cash" | "other";
                /** @description Beginning of the payment’s number */
                number?: string;
                receivedFrom?: string;
                receivedTo?: string;
                sort?: "received" | "-received";
                state?: "processing" | "settled" | "returned";
                /** @description Only payments with money not yet applied */
                unapplied?: "true" | "false";
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
                            active: boolean;
                            /**
                             * Format: date-time
                             * @example 2026-03-31T09:00:00Z
                             */
                            createdAt: string;
                            gateway: string;
                            /** Format: uuid */
                            id: string;
                            label: string;
                            rails: ("card" | "bank")[];
                            settings: {
                                help: string;
                                isSet: boolean;
                                kind: string;
                                label: string;
                                name: string;
                                required: boolean;
                                /** @description null for secrets */
                                value: string | null;
                            }[];
                            webhookUrl: string;
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
                "application/json": {
                    /** @default true */
                    active?: boolean;
                    gateway: string;
                    label: string;
                    rails: ("card" | "bank")[];
                    /** @description by the form of GET /v1/gateways; a secret left out keeps its value */
                    settings: {
                        [key: string]: string;
                    };
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
                        active: boolean;
                        /**
                         * Format: date-time
                         * @example 2026-03-31T09:00:00Z
                         */
                        createdAt: string;
                        gateway: string;
                        /** Format: uuid */
                        id: string;
                        label: string;
                        rails: ("card" | "bank")[];
                        settings: {
                            help: string;
                            isSet: boolean;
                            kind: string;
                            label: string;
                            name: string;
                            required: boolean;
                            /** @description null for secrets */
                            value: string | null;
                        }[];
                        webhookUrl: string;
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
                "application/json": {
                    /** @default true */
                    active?: boolean;
                    label: string;
                    rails: ("card" | "bank")[];
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
                        active: boolean;
                        /**
                         * Format: date-time
                         * @example 2026-03-31T09:00:00Z
                         */
                        createdAt: string;
                        gateway: string;
                        /** Format: uuid */
                        id: string;
                        label: string;
                        rails: ("card" | "bank")[];
                        settings: {
                            help: string;
                            isSet: boolean;
                            kind: string;
                            label: string;
                            name: string;
                            required: boolean;
                            /** @description null for secrets */
                            value: string | null;
                        }[];
                        webhookUrl: string;
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
                            form: {
                                help: string;
                                /** @enum {string} */
                                kind: "text" | "url" | "secret";
                                label: string;
                                name: string;
                                required: boolean;
                            }[];
                            id: string;
                            label: string;
                            rails: ("card" | "bank")[];
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
                "application/json": {
                    createCustomers?: boolean;
                    /** @default false */
                    snapshot?: boolean;
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
                "application/json": {
                    createCustomers?: boolean;
                    /** @default false */
                    snapshot?: boolean;
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
    getV1Invoices: {
        parameters: {
            query?: {
                categoryId?: string;
                companyCode?: string;
                currency?: string;
                cursor?: string;
                customerId?: string;
                documentType?: string;
                dueFrom?: string;
                dueTo?: string;
                limit?: number;
                /** @description Open amount to, in major units */
                maxAmount?: string;
                /** @description Open amount from, in major units */
                minAmount?: string;
                /** @description Beginning of the number */
                number?: string;
                /** @description A minus sorts descending; `amount` is the open amount and needs state open or overdue */
                sort?: "due" | "-due" | "amount" | "-amount" | "number" | "-number";
                state?: "open" | "overdue" | "closed" | "void" | "all";
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
                    amount: components["schemas"]["MoneyInput"];
                    companyCode?: string;
                    /** Format: uuid */
                    customerId: string;
                    /**
                     * Format: date
                     * @description Issue date plus the default terms when left out
                     * @example 2026-03-31
                     */
                    dueOn?: string;
                    /**
                     * Format: date
                     * @description Today when left out
                     * @example 2026-03-31
                     */
                    issuedOn?: string;
                    itemText?: string | null;
                    /** @description Given by PayorCRM when left out */
                    number?: string;
                    paymentTerms?: string | null;
                    reference1?: string | null;
                    reference2?: string | null;
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
                "application/json": {
                    /** @description All that is open when left out */
                    amount?: components["schemas"]["MoneyInput"];
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
                categoryId?: string;
                companyCode?: string;
                currency?: string;
                customerId?: string;
                documentType?: string;
                dueFrom?: string;
                dueTo?: string;
                /** @description Open amount to, in major units */
                maxAmount?: string;
                /** @description Open amount from, in major units */
                minAmount?: string;
                /** @description Beginning of the number */
                number?: string;
                state?: "open" | "overdue" | "closed" | "void" | "all";
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
                        /** @description True: there are more than were counted ("10,000+") */
                        capped: boolean;
                        count: number;
                        sums: {
                            amount: components["schemas"]["Money"];
                            count: number;
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
                        qrSvg: string;
                        secret: string;
                        uri: string;
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
                        amount: components["schemas"]["Money"];
                        /** Format: uuid */
                        payLinkId: string;
                        url: string;
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
                customerId?: string;
                limit?: number;
                paymentId?: string;
                rail?: "card" | "bank";
                state?: "created" | "submitted" | "requires_action" | "processing" | "settled" | "failed" | "canceled" | "returned" | "unknown";
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
                            amount: components["schemas"]["Money"];
                            /**
                             * Format: date-time
                             * @example 2026-03-31T09:00:00Z
                             */
                            createdAt: string;
                            /** Format: uuid */
                            customerId: string;
                            customerName: string;
                            failure: {
                                category: string;
                                code: string;
                                gatewayCode: string | null;
                                /** @description what the gateway said, for staff */
                                message: string;
                                /** @description what the payer read */
                                payerMessage: string;
                                returnCode: string | null;
                            } | null;
                            finishedAt: string | null;
                            gateway: string;
                            /** Format: uuid */
                            gatewayAccountId: string;
                            gatewayRef: string | null;
                            /** Format: uuid */
                            id: string;
                            method: {
                                brand: string | null;
                                last4: string;
                                /** @enum {string} */
                                rail: "card" | "bank";
                            } | null;
                            needsAttention: boolean;
                            nextCheckAt: string | null;
                            paymentId: string | null;
                            /** @enum {string} */
                            rail: "card" | "bank";
                            /** @enum {string} */
                            state: "created" | "submitted" | "requires_action" | "processing" | "settled" | "failed" | "canceled" | "returned" | "unknown";
                            submittedAt: string | null;
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
                        amount: components["schemas"]["Money"];
                        /**
                         * Format: date-time
                         * @example 2026-03-31T09:00:00Z
                         */
                        createdAt: string;
                        /** Format: uuid */
                        customerId: string;
                        customerName: string;
                        documents: {
                            amount: components["schemas"]["Money"];
                            /** Format: uuid */
                            documentId: string;
                            number: string;
                        }[];
                        failure: {
                            category: string;
                            code: string;
                            gatewayCode: string | null;
                            /** @description what the gateway said, for staff */
                            message: string;
                            /** @description what the payer read */
                            payerMessage: string;
                            returnCode: string | null;
                        } | null;
                        finishedAt: string | null;
                        gateway: string;
                        /** Format: uuid */
                        gatewayAccountId: string;
                        gatewayRef: string | null;
                        /** Format: uuid */
                        id: string;
                        method: {
                            brand: string | null;
                            last4: string;
                            /** @enum {string} */
                            rail: "card" | "bank";
                        } | null;
                        needsAttention: boolean;
                        nextCheckAt: string | null;
                        paymentId: string | null;
                        /** @enum {string} */
                        rail: "card" | "bank";
                        refunds: {
                            amount: components["schemas"]["Money"];
                            /**
                             * Format: date-time
                             * @example 2026-03-31T09:00:00Z
                             */
                            createdAt: string;
                            failure: {
                                category: string;
                                code: string;
                                gatewayCode: string | null;
                                /** @description what the gateway said, for staff */
                                message: string;
                                /** @description what the payer read */
                                payerMessage: string;
                                returnCode: string | null;
                            } | null;
                            finishedAt: string | null;
                            gatewayRef: string | null;
                            /** Format: uuid */
                            id: string;
                            /** Format: uuid */
                            paymentId: string;
                            reason: string | null;
                            requestedBy: string;
                            /** @enum {string} */
                            state: "created" | "submitted" | "pending" | "succeeded" | "failed" | "unknown";
                        }[];
                        /** @enum {string} */
                        state: "created" | "submitted" | "requires_action" | "processing" | "settled" | "failed" | "canceled" | "returned" | "unknown";
                        steps: {
                            /**
                             * Format: date-time
                             * @example 2026-03-31T09:00:00Z
                             */
                            at: string;
                            detail: {
                                [key: string]: unknown;
                            };
                            kind: string;
                        }[];
                        submittedAt: string | null;
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
                        amount: components["schemas"]["Money"];
                        /**
                         * Format: date-time
                         * @example 2026-03-31T09:00:00Z
                         */
                        createdAt: string;
                        /** Format: uuid */
                        customerId: string;
                        customerName: string;
                        documents: {
                            amount: components["schemas"]["Money"];
                            /** Format: uuid */
                            documentId: string;
                            number: string;
                        }[];
                        failure: {
                            category: string;
                            code: string;
                            gatewayCode: string | null;
                            /** @description what the gateway said, for staff */
                            message: string;
                            /** @description what the payer read */
                            payerMessage: string;
                            returnCode: string | null;
                        } | null;
                        finishedAt: string | null;
                        gateway: string;
                        /** Format: uuid */
                        gatewayAccountId: string;
                        gatewayRef: string | null;
                        /** Format: uuid */
                        id: string;
                        method: {
                            brand: string | null;
                            last4: string;
                            /** @enum {string} */
                            rail: "card" | "bank";
                        } | null;
                        needsAttention: boolean;
                        nextCheckAt: string | null;
                        paymentId: string | null;
                        /** @enum {string} */
                        rail: "card" | "bank";
                        refunds: {
                            amount: components["schemas"]["Money"];
                            /**
                             * Format: date-time
                             * @example 2026-03-31T09:00:00Z
                             */
                            createdAt: string;
                            failure: {
                                category: string;
                                code: string;
                                gatewayCode: string | null;
                                /** @description what the gateway said, for staff */
                                message: string;
                                /** @description what the payer read */
                                payerMessage: string;
                                returnCode: string | null;
                            } | null;
                            finishedAt: string | null;
                            gatewayRef: string | null;
                            /** Format: uuid */
                            id: string;
                            /** Format: uuid */
                            paymentId: string;
                            reason: string | null;
                            requestedBy: string;
                            /** @enum {string} */
                            state: "created" | "submitted" | "pending" | "succeeded" | "failed" | "unknown";
                        }[];
                        /** @enum {string} */
                        state: "created" | "submitted" | "requires_action" | "processing" | "settled" | "failed" | "canceled" | "returned" | "unknown";
                        steps: {
                            /**
                             * Format: date-time
                             * @example 2026-03-31T09:00:00Z
                             */
                            at: string;
                            detail: {
                                [key: string]: unknown;
                            };
                            kind: string;
                        }[];
                        submittedAt: string | null;
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
                currency?: string;
                cursor?: string;
                customerId?: string;
                limit?: number;
                method?: "card" | "bank" | "check" | "transfer" | "cash" | "other";
                /** @description Beginning of the payment’s number */
                number?: string;
                receivedFrom?: string;
                receivedTo?: string;
                sort?: "received" | "-received";
                state?: "processing" | "settled" | "returned";
                /** @description Only payments with money not yet applied */
                unapplied?: "true" | "false";
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
                    amount: components["schemas"]["MoneyInput"];
                    /** @default [] */
                    applications?: {
                        /** @description As much as is open when left out */
                        amount?: components["schemas"]["MoneyInput"];
                        /** Format: uuid */
                        invoiceId: string;
                    }[];
                    /**
                     * @description Pays the oldest due invoices with what is left
                     * @default false
                     */
                    autoApply?: boolean;
                    /** Format: uuid */
                    customerId: string;
                    /** @enum {string} */
                    method: "card" | "bank" | "check" | "transfer" | "cash" | "other";
                    note?: string | null;
                    /**
                     * Format: date
                     * @description Today when left out
                     * @example 2026-03-31
                     */
                    receivedOn?: string;
                    reference?: string | null;
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
                "application/json": {
                    applications: {
                        /** @description As much as is open when left out */
                        amount?: components["schemas"]["MoneyInput"];
                        /** Format: uuid */
                        invoiceId: string;
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
                        amount: components["schemas"]["Money"];
                        /**
                         * Format: date-time
                         * @example 2026-03-31T09:00:00Z
                         */
                        createdAt: string;
                        /** Format: uuid */
                        customerId: string;
                        customerName: string;
                        documents: {
                            amount: components["schemas"]["Money"];
                            /** Format: uuid */
                            documentId: string;
                            number: string;
                        }[];
                        failure: {
                            category: string;
                            code: string;
                            gatewayCode: string | null;
                            /** @description what the gateway said, for staff */
                            message: string;
                            /** @description what the payer read */
                            payerMessage: string;
                            returnCode: string | null;
                        } | null;
                        finishedAt: string | null;
                        gateway: string;
                        /** Format: uuid */
                        gatewayAccountId: string;
                        gatewayRef: string | null;
                        /** Format: uuid */
                        id: string;
                        method: {
                            brand: string | null;
                            last4: string;
                            /** @enum {string} */
                            rail: "card" | "bank";
                        } | null;
                        needsAttention: boolean;
                        nextCheckAt: string | null;
                        paymentId: string | null;
                        /** @enum {string} */
                        rail: "card" | "bank";
                        refunds: {
                            amount: components["schemas"]["Money"];
                            /**
                             * Format: date-time
                             * @example 2026-03-31T09:00:00Z
                             */
                            createdAt: string;
                            failure: {
                                category: string;
                                code: string;
                                gatewayCode: string | null;
                                /** @description what the gateway said, for staff */
                                message: string;
                                /** @description what the payer read */
                                payerMessage: string;
                                returnCode: string | null;
                            } | null;
                            finishedAt: string | null;
                            gatewayRef: string | null;
                            /** Format: uuid */
                            id: string;
                            /** Format: uuid */
                            paymentId: string;
                            reason: string | null;
                            requestedBy: string;
                            /** @enum {string} */
                            state: "created" | "submitted" | "pending" | "succeeded" | "failed" | "unknown";
                        }[];
                        /** @enum {string} */
                        state: "created" | "submitted" | "requires_action" | "processing" | "settled" | "failed" | "canceled" | "returned" | "unknown";
                        steps: {
                            /**
                             * Format: date-time
                             * @example 2026-03-31T09:00:00Z
                             */
                            at: string;
                            detail: {
                                [key: string]: unknown;
                            };
                            kind: string;
                        }[];
                        submittedAt: string | null;
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
                            amount: components["schemas"]["Money"];
                            /**
                             * Format: date-time
                             * @example 2026-03-31T09:00:00Z
                             */
                            createdAt: string;
                            failure: {
                                category: string;
                                code: string;
                                gatewayCode: string | null;
                                /** @description what the gateway said, for staff */
                                message: string;
                                /** @description what the payer read */
                                payerMessage: string;
                                returnCode: string | null;
                            } | null;
                            finishedAt: string | null;
                            gatewayRef: string | null;
                            /** Format: uuid */
                            id: string;
                            /** Format: uuid */
                            paymentId: string;
                            reason: string | null;
                            requestedBy: string;
                            /** @enum {string} */
                            state: "created" | "submitted" | "pending" | "succeeded" | "failed" | "unknown";
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
                    amount: components["schemas"]["MoneyInput"];
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
                        amount: components["schemas"]["Money"];
                        /**
                         * Format: date-time
                         * @example 2026-03-31T09:00:00Z
                         */
                        createdAt: string;
                        failure: {
                            category: string;
                            code: string;
                            gatewayCode: string | null;
                            /** @description what the gateway said, for staff */
                            message: string;
                            /** @description what the payer read */
                            payerMessage: string;
                            returnCode: string | null;
                        } | null;
                        finishedAt: string | null;
                        gatewayRef: string | null;
                        /** Format: uuid */
                        id: string;
                        /** Format: uuid */
                        paymentId: string;
                        reason: string | null;
                        requestedBy: string;
                        /** @enum {string} */
                        state: "created" | "submitted" | "pending" | "succeeded" | "failed" | "unknown";
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
                currency?: string;
                customerId?: string;
                method?: "card" | "bank" | "check" | "transfer" | "cash" | "other";
                /** @description Beginning of the payment’s number */
                number?: string;
                receivedFrom?: string;
                receivedTo?: string;
                state?: "processing" | "settled" | "returned";
                /** @description Only payments with money not yet applied */
                unapplied?: "true" | "false";
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
                        capped: boolean;
                        count: number;
                        sums: {
                            amount: components["schemas"]["Money"];
                            count: number;
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
                            administrator: boolean;
                            collector: boolean;
                            manager: boolean;
                            meaning: string;
                            /** @enum {string} */
                            permission: "settings.read" | "settings.write" | "users.read" | "users.write" | "audit.read" | "customers.read" | "customers.write" | "receivables.read" | "receivables.write" | "payments.read" | "payments.refund" | "reminders.read" | "reminders.write" | "reminders.run" | "correspondence.read" | "correspondence.write" | "intake.read" | "intake.write" | "reporting.read";
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
                        amount: components["schemas"]["Money"];
                        /**
                         * Format: date-time
                         * @example 2026-03-31T09:00:00Z
                         */
                        createdAt: string;
                        failure: {
                            category: string;
                            code: string;
                            gatewayCode: string | null;
                            /** @description what the gateway said, for staff */
                            message: string;
                            /** @description what the payer read */
                            payerMessage: string;
                            returnCode: string | null;
                        } | null;
                        finishedAt: string | null;
                        gatewayRef: string | null;
                        /** Format: uuid */
                        id: string;
                        /** Format: uuid */
                        paymentId: string;
                        reason: string | null;
                        requestedBy: string;
                        /** @enum {string} */
                        state: "created" | "submitted" | "pending" | "succeeded" | "failed" | "unknown";
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
                /** @description The customer's id */
                customer?: string;
                day?: string;
                limit?: number;
                outcome?: "send" | "merged" | "held";
                reason?: "matched" | "stronger_rule" | "same_rule" | "reminded_today" | "archived" | "paused" | "no_contact" | "suppressed" | "payment_in_flight";
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
                        lastRun: components["schemas"]["ReminderRun"] | null;
                        nextCursor: null;
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
                 *       }
                 *     }
                 */
                "application/json": {
                    customerCondition: components["schemas"]["ReminderConditionGroupInput"];
                    invoiceCondition: components["schemas"]["ReminderConditionGroupInput"];
                    name: string;
                    /** Format: uuid */
                    templateId: string;
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
                    customerCondition?: components["schemas"]["ReminderConditionGroupInput"];
                    invoiceCondition?: components["schemas"]["ReminderConditionGroupInput"];
                    name?: string;
                    /** Format: uuid */
                    templateId?: string;
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
                    customerCondition: components["schemas"]["ReminderConditionGroupInput"];
                    invoiceCondition: components["schemas"]["ReminderConditionGroupInput"];
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
    getV1ReminderRunsIdDecisions: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
                outcome?: "send" | "merged" | "held";
                reason?: "matched" | "stronger_rule" | "same_rule" | "reminded_today" | "archived" | "paused" | "no_contact" | "suppressed" | "payment_in_flight";
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
                            /** @enum {string} */
                            box: "customer" | "invoice";
                            /** @enum {string} */
                            kind: "category" | "text" | "amount" | "days" | "last_emailed";
                            label: string;
                            name: string;
                            operators: {
                                label: string;
                                name: string;
                                /** @enum {string} */
                                values: "none" | "one" | "two" | "many";
                            }[];
                        }[];
                        limits: {
                            conditions: number;
                            days: number;
                            depth: number;
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
                            categories: string[];
                            key: string;
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
                    branding?: {
                        accent?: string;
                        address?: string;
                        logoUrl?: string | null;
                        phone?: string;
                        supportEmail?: string | null;
                    };
                    company?: {
                        currency?: string;
                        locale?: string;
                        name?: string;
                        timezone?: string;
                    };
                    intake?: {
                        /** @description an invoice of an unknown customer creates the customer */
                        createCustomers?: boolean;
                        /** @description 03/04/2026 is the 3rd of April */
                        dayFirst?: boolean;
                        /** @description 1.250,00 is one thousand two hundred and fifty */
                        decimalComma?: boolean;
                        defaultTermsDays?: number;
                        /** @description columns of imported files, as last chosen */
                        mappings?: {
                            [key: string]: unknown;
                        };
                    };
                    mail?: {
                        fromAddress?: string | null;
                        fromName?: string | null;
                        replyTo?: string | null;
                        trackOpens?: boolean;
                    };
                    payments?: {
                        /** @description a bank payment closes its invoices when it is submitted, not when it has settled */
                        applyBankOnSubmission?: boolean;
                        confirmHours?: number;
                        linkDays?: number;
                    };
                    reminders?: {
                        /** @description days that a run makes up for when it did not happen */
                        catchUpDays?: number;
                        /**
                         * @description one message for a customer and day, or one for each rule
                         * @enum {string}
                         */
                        grouping?: "merged" | "per_rule";
                        /** @description hour of the daily run in the time zone of the company */
                        hour?: number;
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
    postV1SettingsMailTest: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
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
                        answer: string;
                        delivered: boolean;
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
                "application/json": {
                    domain: string;
                    ed25519PrivateKey?: string;
                    ed25519Selector?: string;
                    rsaPrivateKey?: string;
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
    getV1Templates: {
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
                        items: components["schemas"]["Template"][];
                        mergeTags: {
                            block: boolean;
                            label: string;
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
                 *       "body": "<p>Hello {{first_name}},</p>{{invoice_list}}{{payment_buttons}}",
                 *       "cc": []
                 *     }
                 */
                "application/json": {
                    /** @description HTML with merge tags */
                    body: string;
                    /** @default [] */
                    cc?: string[];
                    name: string;
                    subject: string;
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
                "application/json": {
                    /** @description HTML with merge tags */
                    body: string;
                    /** @default [] */
                    cc?: string[];
                    name: string;
                    subject: string;
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
                "application/json": {
                    /** @default null */
                    customerId?: string | null;
                    to: string;
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
                            body: string;
                            name: string;
                            /**
                             * Format: date-time
                             * @example 2026-03-31T09:00:00Z
                             */
                            savedAt: string;
                            savedBy: string;
                            subject: string;
                            version: number;
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
    postV1TemplatesPreview: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description HTML with merge tags */
                    body: string;
                    /** @default null */
                    customerId?: string | null;
                    subject: string;
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
                        /** @description the customer whose data it shows; null for an invented one */
                        customerId: string | null;
                        findings: {
                            message: string;
                            /** @enum {string} */
                            severity: "error" | "warning";
                        }[];
                        html: string;
                        subject: string;
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
    getV1TotalsCustomers: {
        parameters: {
            query?: {
                categoryId?: string;
                /** @description For `owing` and for sorting by balance; the company’s own when left out */
                currency?: string;
                owing?: "open" | "overdue" | "credit";
                /** @description Only customers whose reminders are paused now */
                paused?: "true" | "false";
                /** @description Beginnings of words in name or number */
                q?: string;
                status?: "active" | "archived" | "all";
                uncategorized?: "true" | "false";
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
                        capped: boolean;
                        count: number;
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
    getV1Uploads: {
        parameters: {
            query?: {
                cursor?: string;
                kind?: "customers" | "invoices";
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
                "application/json": {
                    disabled?: boolean;
                    name?: string;
                    /** @enum {string} */
                    role?: "administrator" | "manager" | "collector" | "viewer";
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
