-- The new system of Northgate: what the migration fills, with a few rows that are its own.

create type licence_model as enum ('named', 'floating', 'subscription');
create type key_format as enum ('digits', 'hex', 'groups');
create type partner_tier as enum ('gold', 'silver', 'bronze');
create type order_status as enum ('open', 'invoiced', 'cancelled');
create type renewal_status as enum ('pending', 'won', 'lost');
create type code_range as range (subtype = text, collation = "C");
create domain email_address as text check (value ~ '^[^@[:space:]]+@[^@[:space:]]+$');

-- Whether a licence key is one that this system can print and check: three formats, three checksums.
create function licence_key_holds(format key_format, key text) returns boolean language sql immutable as $$
    select case format
        when 'digits' then
            case when key ~ '^NG-[0-9]{5}-[0-9]{5}-[0-9]{2}$'
                 then cast(right(key, 2) as integer) = mod(cast(substr(key, 4, 5) || substr(key, 10, 5) as bigint), 97)
                 else false end
        when 'hex' then key ~ '^NG2[.][0-9A-F]{16}[.][0-9A-F]{2}$' and right(key, 2) = upper(left(md5(substr(key, 5, 16)), 2))
        when 'groups' then key ~ '^([A-Z0-9]{5}-){3}[A-Z0-9]{5}$' and right(key, 5) = upper(left(md5(left(key, 17)), 5))
    end
$$;

create table setting (
    name text primary key,
    value text
);

create table exchange_rate (
    currency char(3) not null,
    month date not null,
    rate numeric(14, 6) not null check (rate > 0),
    origin varchar(10) not null default 'native',
    primary key (currency, month)
);

create table reminder_template (
    template_id integer generated always as identity primary key,
    language char(2) not null,
    subject text not null,
    body text
);

create table legal_entity (
    code varchar(4) primary key,
    name varchar(60) not null,
    currency char(3) not null,
    active boolean not null
);

create table product (
    product_id integer generated always as identity primary key,
    code varchar(12) not null unique,
    name varchar(80) not null,
    family varchar(20),
    model licence_model not null,
    attributes jsonb,
    sold_until date,
    updated_at timestamptz
);

create table product_alias (
    old_code varchar(12) primary key,
    product_code varchar(12) not null references product (code),
    renamed_on date
);

create table price_book (
    price_book_id serial primary key,
    code varchar(8) not null unique,
    legal_entity varchar(4) not null references legal_entity,
    name varchar(60) not null,
    active boolean not null
);

create table price (
    price_book varchar(8) not null references price_book (code),
    product_code varchar(12) not null references product (code),
    valid_from date not null,
    valid_until date,
    amount numeric(14, 2) not null check (amount >= 0),
    origin varchar(10) not null default 'native',
    primary key (price_book, product_code, valid_from),
    check (valid_from < valid_until),
    -- A product has one price in a book on any day.
    exclude using gist (
        code_range(price_book || '/' || product_code, price_book || '/' || product_code, '[]') with &&,
        daterange(valid_from, valid_until) with &&
    )
);

create table channel_partner (
    partner_id uuid primary key default gen_random_uuid(),
    legal_entity varchar(4) not null references legal_entity,
    code varchar(16) not null unique,
    name varchar(80) not null,
    parent_id uuid references channel_partner deferrable initially deferred,
    tier partner_tier not null,
    discount numeric(5, 2) check (discount between 0 and 60),
    active boolean not null,
    updated_at timestamptz,
    origin varchar(10) not null default 'native'
);

create table organisation (
    organisation_id uuid primary key default gen_random_uuid(),
    legal_entity varchar(4) not null references legal_entity,
    number integer not null,
    name varchar(80) not null,
    country char(2) not null check (country ~ '^[A-Z]{2}$'),
    vat_id varchar(20) unique,
    partner_id uuid references channel_partner,
    timezone text,
    language text,
    created_at timestamptz not null default now(),
    updated_at timestamptz,
    origin varchar(10) not null default 'native',
    unique (legal_entity, number)
);

create table organisation_billing (
    organisation_id uuid primary key references organisation,
    email email_address,
    address text,
    credit_limit numeric(14, 2)
);

create table contact (
    kind varchar(12) not null check (kind in ('organisation', 'partner')),
    legal_entity varchar(4) not null,
    number integer not null,
    contact_no smallint not null,
    organisation_id uuid references organisation,
    partner_id uuid references channel_partner,
    name varchar(80) not null,
    email email_address,
    phone varchar(20),
    primary key (kind, legal_entity, number, contact_no),
    check (num_nonnulls(organisation_id, partner_id) = 1)
);

create table app_user (
    user_id uuid primary key default gen_random_uuid(),
    organisation_id uuid references organisation,
    login varchar(60) not null unique,
    full_name varchar(80),
    password_hash text check (password_hash ~ '^[$]2[aby][$]'),
    must_reset boolean not null,
    roles text[],
    two_factor boolean not null,
    last_seen_at timestamptz,
    active boolean not null,
    updated_at timestamptz,
    origin varchar(10) not null default 'native'
);

create table sales_order (
    legal_entity varchar(4) not null references legal_entity,
    order_no integer not null,
    organisation_id uuid not null references organisation,
    partner_id uuid references channel_partner,
    ordered_at timestamptz not null,
    total numeric(14, 2),
    status order_status not null,
    updated_at timestamptz,
    primary key (legal_entity, order_no)
);

create table order_line (
    legal_entity varchar(4) not null,
    order_no integer not null,
    line_no smallint not null,
    product_code varchar(12) not null references product (code),
    quantity integer not null check (quantity > 0),
    unit_price numeric(14, 2),
    amount numeric(14, 2) not null,
    primary key (legal_entity, order_no, line_no),
    foreign key (legal_entity, order_no) references sales_order
);

create table revenue (
    legal_entity varchar(4) not null,
    order_no integer not null,
    line_no smallint not null,
    period char(7) not null check (period ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'),
    amount numeric(14, 2) not null,
    primary key (legal_entity, order_no, line_no, period),
    foreign key (legal_entity, order_no, line_no) references order_line
);

create table entitlement (
    entitlement_id uuid primary key default gen_random_uuid(),
    organisation_id uuid not null references organisation,
    product_code varchar(12) not null references product (code),
    legal_entity varchar(4) not null,
    order_no integer,
    line_no smallint,
    quantity integer check (quantity > 0),  -- none: without limit
    starts_on date not null,
    expires_on date,  -- none: never
    model licence_model not null,
    single_sign_on boolean not null,
    support_level text,
    active boolean not null,
    updated_at timestamptz,
    check (starts_on < expires_on),
    foreign key (legal_entity, order_no, line_no) references order_line
);

create table licence (
    licence_id uuid primary key default gen_random_uuid(),
    entitlement_id uuid references entitlement deferrable initially immediate,
    format key_format not null,
    licence_key varchar(40) not null unique,
    issued_at timestamptz,
    revoked boolean not null,
    updated_at timestamptz,
    origin varchar(10) not null default 'native',
    check (licence_key_holds(format, licence_key))
);

create table activation (
    activation_no bigint not null,
    activated_on date not null,
    licence_id uuid not null references licence,
    host varchar(64),
    address inet,
    activated_at timestamptz not null,
    released_at timestamptz,
    version varchar(12),
    updated_at timestamptz,
    taken_from varchar(10) not null,
    primary key (activation_no, activated_on)
) partition by range (activated_on);

create table activation_early partition of activation for values from ('2015-01-01') to ('2023-01-01');
create table activation_2023 partition of activation for values from ('2023-01-01') to ('2025-01-01');
create table activation_2025 partition of activation for values from ('2025-01-01') to ('2027-01-01');

create table usage_event (
    legal_entity varchar(4) not null,
    licence_no integer not null,
    happened_at timestamptz not null,
    feature varchar(20),
    amount integer
);

create table renewal (
    renewal_id uuid primary key default gen_random_uuid(),
    entitlement_id uuid not null references entitlement,
    previous_id uuid references renewal deferrable initially deferred,
    due_on date not null,
    quote numeric(14, 2),
    reminder_days integer[],
    status renewal_status not null,
    updated_at timestamptz
);

create table licence_template (
    template_id serial primary key,
    code varchar(12) not null unique,
    product_id integer not null references product,
    model licence_model not null,
    days integer check (days > 0),  -- none: never ends
    seats integer not null check (seats > 0)
);

create index on organisation (partner_id);
create index on contact (organisation_id);
create index on contact (partner_id);
create index on app_user (organisation_id);
create index on sales_order (organisation_id);
create index on entitlement (organisation_id);
create index on entitlement (legal_entity, order_no, line_no);
create index on licence (entitlement_id);
create index on activation (licence_id);
create index on renewal (entitlement_id);
create index on renewal (previous_id);

-- Rows of the new system's own. One partner code, one VAT number, one login, one licence key, one
-- exchange rate and the days of one price are wanted by rows of the old system too: those rows cannot
-- be migrated.
insert into legal_entity values ('NV', 'Northgate Ventures', 'USD', true);
insert into exchange_rate (currency, month, rate) values ('USD', '2026-01-01', 1), ('CHF', '2026-01-01', 1.13);
insert into product (code, name, family, model) values ('CLOUD', 'Northgate Cloud', 'cloud', 'subscription');
insert into price_book (code, legal_entity, name, active) values ('NVPILOT', 'NV', 'Pilot prices', true);
insert into price (price_book, product_code, valid_from, valid_until, amount) values
    ('NVPILOT', 'CLOUD', '2026-01-01', '2026-07-01', 49.00),
    ('NVPILOT', 'CLOUD', '2026-07-01', null, 59.00);
insert into channel_partner (partner_id, legal_entity, code, name, tier, discount, active) values
    ('00000000-0000-4000-8000-00000000a001', 'NV', 'PILOT', 'Pilot Partners', 'gold', 20, true);
insert into organisation (organisation_id, legal_entity, number, name, country, vat_id, partner_id, created_at) values
    ('00000000-0000-4000-8000-000000000001', 'NV', 1, 'First Customer Ltd', 'GB', 'GB-NATIVE-1',
     '00000000-0000-4000-8000-00000000a001', '2026-01-12 09:00+00');
insert into app_user (organisation_id, login, full_name, must_reset, two_factor, active) values
    (null, 'admin@northgate.example', 'The administrators', false, true, true),
    ('00000000-0000-4000-8000-000000000001', 'first@customer.example', 'First User', false, true, true);
insert into entitlement (entitlement_id, organisation_id, product_code, legal_entity, quantity, starts_on, model, single_sign_on, active) values
    ('00000000-0000-4000-8000-00000000e001', '00000000-0000-4000-8000-000000000001', 'CLOUD', 'NV', 10, '2026-01-12',
     'subscription', true, true);
insert into licence (entitlement_id, format, licence_key, revoked) values
    ('00000000-0000-4000-8000-00000000e001', 'digits', 'NG-00000-00097-00', false);
insert into setting (name, value) values ('hub.theme', 'gate'), ('hub.locale', 'en-US');
insert into licence_template (code, product_id, model, days, seats) select 'PILOT', product_id, 'subscription', 30, 5 from product;
