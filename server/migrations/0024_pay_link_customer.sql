-- PostgreSQL plans the check of a reference once for each connection. While pay links were few it could take this index by
-- the tenant alone, and kept to it: each check then read all links of the company, so that the hundredth batch of reminders
-- took twenty times as long as the first. An index that begins with the customer cannot be taken for it.
drop index pay_link_customer;
create index pay_link_customer on pay_link (customer_id, tenant_id);
