-- Three calls made one in Envoy's Lua filter. A call suspends the script until its answer is there, so that they go out
-- one after the other: asynchronous calls have no answer there. The bodies are taken as they are, unseen.

local PARTS = {
  { name = "user", path = "/users/7" },
  { name = "recent_orders", path = "/orders" },
  { name = "recommendations", path = "/recommendations" },
}
local HEADERS = { [":status"] = "200", ["content-type"] = "application/json" }

function envoy_on_request(handle)
  if handle:headers():get(":path") ~= "/api/home" then return end
  local members = {}
  for number, part in ipairs(PARTS) do
    local call = { [":method"] = "GET", [":path"] = part.path, [":authority"] = "upstream" }
    local headers, body = handle:httpCall("upstream", call, "", 1000)
    if headers[":status"] ~= "200" then
      handle:respond({ [":status"] = "502" }, "a part failed: " .. part.name)
      return
    end
    members[number] = '"' .. part.name .. '":' .. body
  end
  handle:respond(HEADERS, "{" .. table.concat(members, ",") .. "}")
end
