"""The masks themselves, as functions of one session that are gone at the end of its transaction.

Every mask is keyed: without the key nobody finds a value again by masking all that it could be. ``golive_keyed`` is
HMAC-SHA256; its two pads stand in settings of the session, so that no statement holds the key.

A value is a row of wheels, each with so many places: a letter has 26, a digit 10. ``golive_turned`` turns them by
Feistel rounds: two forth, every wheel on by at least one place, and the same two back. So a mask has the form of its
value, no two values have the same mask, and none is its own.
"""

from __future__ import annotations

import hashlib
from typing import LiteralString

# SHA-256 works on blocks of so many bytes, and so does an HMAC over it.
_BLOCK = 64


def pads(key: bytes) -> tuple[str, str]:
    """The inner and the outer pad of HMAC-SHA256, in hexadecimal."""
    short = hashlib.sha256(key).digest() if len(key) > _BLOCK else key
    full = short.ljust(_BLOCK, b"\0")
    inner, outer = (bytes(byte ^ pad for byte in full) for pad in (0x36, 0x5C))
    return inner.hex(), outer.hex()


INNER, OUTER = "golive.mask_inner", "golive.mask_outer"

FUNCTIONS: tuple[LiteralString, ...] = (
    """
create function pg_temp.golive_keyed(what text) returns bytea language plpgsql stable strict as $$
begin
  return sha256(decode(current_setting('golive.mask_outer'), 'hex')
    || sha256(decode(current_setting('golive.mask_inner'), 'hex') || convert_to(what, 'UTF8')));
end
$$
""",
    # Six bytes of the hash as a number: evenly spread over any number of places that a column has.
    """
create function pg_temp.golive_amount(what text) returns bigint language plpgsql stable strict as $$
begin
  return ('x' || left(encode(pg_temp.golive_keyed(what), 'hex'), 12))::bit(48)::bigint;
end
$$
""",
    # Turns the wheels from `first` to `last` by what the others show; `way` is 1 forth and -1 back. With 0 every wheel
    # goes on by one place at least, and less than a whole turn.
    """
create function pg_temp.golive_round(wheels int[], places int[], first int, last int, label text, way int)
returns int[] language plpgsql stable as $$
declare
  others text := label || '/' || array_to_string(wheels[:first - 1] || wheels[last + 1:], ',');
  stream bytea;
  step int;
  spot int;
begin
  for i in first .. last loop
    spot := 2 * ((i - first) % 16);
    if spot = 0 then
      stream := pg_temp.golive_keyed((i - first) || '/' || others);
    end if;
    step := get_byte(stream, spot) * 256 + get_byte(stream, spot + 1);
    if way = 0 then
      wheels[i] := (wheels[i] + 1 + step % (places[i] - 1)) % places[i];
    else
      wheels[i] := (wheels[i] + places[i] + way * (step % places[i])) % places[i];
    end if;
  end loop;
  return wheels;
end
$$
""",
    """
create function pg_temp.golive_turned(wheels int[], places int[], label text)
returns int[] language plpgsql stable as $$
declare
  n int := cardinality(wheels);
  half int := (n + 1) / 2;
  shape text := label || '/' || array_to_string(places, ',');
begin
  wheels := pg_temp.golive_round(wheels, places, 1, half, 'a/' || shape, 1);
  wheels := pg_temp.golive_round(wheels, places, half + 1, n, 'b/' || shape, 1);
  wheels := pg_temp.golive_round(wheels, places, 1, n, 'c/' || shape, 0);
  wheels := pg_temp.golive_round(wheels, places, half + 1, n, 'b/' || shape, -1);
  return pg_temp.golive_round(wheels, places, 1, half, 'a/' || shape, -1);
end
$$
""",
    # Letters and digits turn within their kind, letters of other scripts within 64 neighbours; what stands between
    # them stays, except an @: nothing but example.invalid may look like an address. Of a long text the length stays
    # alone, or it would take as long as a table of names. `wide` is the length limit or 0.
    """
create function pg_temp.golive_text(value text, wide int) returns text language plpgsql stable strict as $$
declare
  letters text[] := string_to_array(value, null);
  wheels int[] := '{}';
  places int[] := '{}';
  lowest int[] := '{}';
  spots int[] := '{}';
  code int;
begin
  if value ~ '^[^@[:space:]]+@[^@[:space:]]+$' and (wide = 0 or wide >= 24) then
    return translate(
      left(encode(pg_temp.golive_keyed('address/' || value), 'hex'), least(16, coalesce(nullif(wide, 0), 32) - 16)),
      '0123456789abcdef', 'bcdfghjkmnpqrstv') || '@example.invalid';
  end if;
  if length(value) > 200 then
    return left(repeat(regexp_replace(translate(encode(pg_temp.golive_keyed('long/' || value), 'hex'),
      '0123456789abcdef', 'bcdfghjkmnpqrstv'), '(.{7})', '\\1 ', 'g'), length(value) / 64 + 1), length(value));
  end if;
  for i in 1 .. coalesce(cardinality(letters), 0) loop
    code := ascii(letters[i]);
    if code between 97 and 122 then
      lowest := lowest || 97; places := places || 26;
    elsif code between 65 and 90 then
      lowest := lowest || 65; places := places || 26;
    elsif code between 48 and 57 then
      lowest := lowest || 48; places := places || 10;
    elsif code >= 192 and code not between 8192 and 11263 and code not between 12288 and 12351 then
      lowest := lowest || (code - code % 64); places := places || 64;
    else
      if code = 64 then
        letters[i] := '-';
      end if;
      continue;
    end if;
    wheels := wheels || (code - lowest[cardinality(lowest)]);
    spots := spots || i;
  end loop;
  if cardinality(wheels) > 0 then
    wheels := pg_temp.golive_turned(wheels, places, 'text');
    for i in 1 .. cardinality(wheels) loop
      letters[spots[i]] := chr(lowest[i] + wheels[i]);
    end loop;
  end if;
  return array_to_string(letters, '');
end
$$
""",
    # As many digits before and after the point; the first and the last stay other than 0, so that no number becomes
    # shorter and with it another one's mask. `highest` is the furthest number of an integer type, or empty: of one
    # with as many digits those stay that keep the mask below it.
    """
create function pg_temp.golive_number(value numeric, highest text) returns numeric language plpgsql stable strict as $$
declare
  digits text := trim_scale(abs(value))::text;
  whole int := length(split_part(digits, '.', 1));
  kept int := 0;
  wheels int[] := '{}';
  places int[] := '{}';
  spots int[] := '{}';
begin
  if digits !~ '^[0-9.]+$' then
    return value;
  end if;
  if length(digits) = length(highest) then
    while kept < length(digits) and substr(digits, kept + 1, 1) = substr(highest, kept + 1, 1) loop
      kept := kept + 1;
    end loop;
    kept := kept + 1;
    if digits >= highest collate "C" then
      return value;
    end if;
  end if;
  for i in kept + 1 .. length(digits) loop
    continue when i = whole + 1 or (i = 1 and digits like '0.%');
    spots := spots || i;
    if (i = 1 and (length(digits) > 1 or value < 0)) or (i = length(digits) and i > whole) then
      wheels := wheels || (substr(digits, i, 1)::int - 1); places := places || 9;
    else
      wheels := wheels || substr(digits, i, 1)::int; places := places || 10;
    end if;
  end loop;
  if cardinality(wheels) > 0 then
    wheels := pg_temp.golive_turned(wheels, places, 'number');
    for i in 1 .. cardinality(wheels) loop
      digits := overlay(digits placing (wheels[i] + 10 - places[i])::text from spots[i] for 1);
    end loop;
  end if;
  return sign(value + case when value = 0 then 1 else 0 end) * digits::numeric;
end
$$
""",
    # On by at least one step between two bounds that a constraint sets; `digits` stand after the point.
    """
create function pg_temp.golive_between(value numeric, low numeric, high numeric, digits int)
returns numeric language sql stable strict as $$
  select low + mod(trunc((value - low) * 10::numeric ^ digits)
      + 1 + mod(pg_temp.golive_amount('between/' || trim_scale(value)), steps - 1), steps) / 10::numeric ^ digits
  from (select trunc((high - low) * 10::numeric ^ digits) + 1 as steps) s
$$
""",
    # A day stays within its 52 weeks, counted from a Monday.
    """
create function pg_temp.golive_day(value date) returns date language plpgsql stable strict as $$
declare
  days int;
  year int;
  wheels int[];
begin
  if not isfinite(value) then
    return value;
  end if;
  days := value - date '1900-01-01';
  year := floor(days / 364.0);
  days := days - year * 364;
  wheels := pg_temp.golive_turned(array[days / 26, days % 26], array[14, 26], 'day/' || year);
  return date '1900-01-01' + year * 364 + wheels[1] * 26 + wheels[2];
end
$$
""",
    # The time of day turns along, as finely as it is written; midnight stays, for then it is a day.
    """
create function pg_temp.golive_moment(value timestamp) returns timestamp language plpgsql stable strict as $$
declare
  days int;
  year int;
  micros bigint;
  wheels int[];
  places int[] := array[14, 26];
begin
  if not isfinite(value) then
    return value;
  end if;
  days := value::date - date '1900-01-01';
  year := floor(days / 364.0);
  days := days - year * 364;
  micros := extract(epoch from value - date_trunc('day', value)) * 1000000;
  wheels := array[days / 26, days % 26];
  if micros > 0 then
    wheels := wheels || array[micros / 3600000000, micros / 60000000 % 60, micros / 1000000 % 60]::int[];
    places := places || array[24, 60, 60];
    if micros % 1000000 > 0 then
      wheels := wheels || array[micros / 1000 % 1000]::int[];
      places := places || 1000;
    end if;
    if micros % 1000 > 0 then
      wheels := wheels || array[micros % 1000]::int[];
      places := places || 1000;
    end if;
  end if;
  wheels := pg_temp.golive_turned(wheels, places, 'moment/' || year);
  return timestamp '1900-01-01' + make_interval(days => year * 364 + wheels[1] * 26 + wheels[2])
    + coalesce(make_interval(hours => wheels[3], mins => wheels[4], secs => wheels[5])
      + (coalesce(wheels[6], 0) * 1000 + coalesce(wheels[7], 0)) * interval '1 microsecond', interval '0');
end
$$
""",
    # One of few values by the row that it stands in, so that how often a value is there tells nothing.
    """
create function pg_temp.golive_drawn(place text, allowed text[]) returns text language sql stable strict as $$
  select allowed[1 + (pg_temp.golive_amount('drawn/' || place) % cardinality(allowed))::int]
$$
""",
    # A letter or digit by its row, of the same kind.
    """
create function pg_temp.golive_sign(value text, place text) returns text language sql stable strict as $$
  select case
    when value ~ '^[0-9]$' then pg_temp.golive_drawn(place, string_to_array('0123456789', null))
    when value ~ '^[A-Z]$' then pg_temp.golive_drawn(place, string_to_array('ABCDEFGHIJKLMNOPQRSTUVWXYZ', null))
    when value = '' then ''
    else pg_temp.golive_drawn(place, string_to_array('abcdefghijklmnopqrstuvwxyz', null))
  end
$$
""",
    # The next of few values in a keyed order: where each has to stay apart from the others.
    """
create function pg_temp.golive_next(value text, allowed text[]) returns text language sql stable strict as $$
  select ordered[1 + array_position(ordered, value) % cardinality(ordered)]
  from (select array_agg(each order by pg_temp.golive_keyed('next/' || each)) as ordered from unnest(allowed) each) o
$$
""",
    """
create function pg_temp.golive_uuid(value uuid) returns uuid language sql stable strict as $$
  select left(encode(pg_temp.golive_keyed('uuid/' || value), 'hex'), 32)::uuid
$$
""",
    # At most the 32 bytes of the hash.
    """
create function pg_temp.golive_bytes(value bytea) returns bytea language sql stable strict as $$
  select substr(pg_temp.golive_keyed('bytes/' || encode(sha256(value), 'hex')), 1, least(32, octet_length(value)))
$$
""",
)
