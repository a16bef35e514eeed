-- Takes members out of a JSON answer, at any depth: what a team without a wasm filter would write in Envoy's Lua filter.
--
-- Envoy's LuaJIT has no JSON library, so this reads as little as it can: it hops from quote to quote with plain searches,
-- which are memchr, and where a string is followed by a colon it is a name. All bytes in between are copied in large
-- pieces. It takes the answer's word for being JSON, does not see names that are spelled with escapes, and holds the
-- whole body in memory.

local DROP = { internal_id = true, db_shard = true, feature_flags = true, created_by_admin = true }

local find, match, sub, byte = string.find, string.match, string.sub, string.byte
local QUOTE, BACKSLASH, COLON, COMMA, OPEN_BRACE, OPEN_BRACKET = 34, 92, 58, 44, 123, 91

-- The place of the quote that ends the string which begins at `from`: one that an even number of backslashes precedes.
local function string_end(text, from)
  local at = from
  while true do
    at = find(text, '"', at + 1, true)
    if not at then return #text end
    local before = at - 1
    while byte(text, before) == BACKSLASH do before = before - 1 end
    if (at - before) % 2 == 1 then return at end
  end
end

-- The place of the bracket that closes the one at `from`.
local function container_end(text, from)
  local depth, at = 1, from
  while true do
    at = find(text, '["{}%[%]]', at + 1)
    if not at then return #text end
    local found = byte(text, at)
    if found == QUOTE then
      at = string_end(text, at)
    elseif found == OPEN_BRACE or found == OPEN_BRACKET then
      depth = depth + 1
    else
      depth = depth - 1
      if depth == 0 then return at end
    end
  end
end

-- The place of the last byte of the value that begins at `from`.
local function value_end(text, from)
  local first = byte(text, from)
  if first == QUOTE then return string_end(text, from) end
  if first == OPEN_BRACE or first == OPEN_BRACKET then return container_end(text, from) end
  return (find(text, '[%s,}%]]', from) or #text + 1) - 1
end

-- The place of the value of the name that ends in front of `at`, or nil where that string is not a name.
local function value_start(text, at)
  local found = byte(text, at)
  if found == COLON and byte(text, at + 1) > 32 then return at + 1 end
  if found == COMMA then return nil end
  return match(text, '^%s*:%s*()', at)
end

-- The place of the comma in front of `at`, if nothing but white space lies between.
local function comma_before(text, at)
  repeat
    at = at - 1
    local found = byte(text, at)
    if found == COMMA then return at end
  until found ~= 32 and found ~= 10 and found ~= 13 and found ~= 9
end

local function stripped(text)
  local pieces, kept, at = {}, 1, 1
  while true do
    local open = find(text, '"', at, true)
    if not open then break end
    local close = string_end(text, open)
    at = close + 1
    local value = value_start(text, at)
    if value and DROP[sub(text, open + 1, close - 1)] then
      local last = value_end(text, value)
      local comma = comma_before(text, open)
      if comma and comma >= kept then
        pieces[#pieces + 1] = sub(text, kept, comma - 1)
        at = last + 1
      else
        -- The first member that is left of its object takes the comma behind it along.
        pieces[#pieces + 1] = sub(text, kept, open - 1)
        at = match(text, '^%s*,%s*()', last + 1) or last + 1
      end
      kept = at
    end
  end
  pieces[#pieces + 1] = sub(text, kept)
  return table.concat(pieces)
end

function envoy_on_response(handle)
  local headers = handle:headers()
  local kind = headers:get("content-type")
  if not kind or not find(kind, "application/json", 1, true) or headers:get("content-encoding") then return end
  local body = handle:body()
  if not body then return end
  local size = body:setBytes(stripped(body:getBytes(0, body:length())))
  headers:replace("content-length", tostring(size))
end
