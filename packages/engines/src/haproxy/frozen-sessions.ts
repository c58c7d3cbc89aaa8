/**
 * Frees the requests that wait for a frozen stamp, inside HAProxy, so that nothing else has to live for it: ended there, the safe
 * ones start again at another stamp (`retry-on empty-response`).
 *
 * It stands in for `on-marked-down shutdown-sessions`, which ends requests in the instant in which the stamp goes down, also
 * those that are just being refused and would have gone elsewhere by themselves; these were lost. Looks 400 ms apart (longer than
 * `timeout connect`) find only those that really hang. A server that has sent something or ended a request between two looks is not
 * frozen but slow, and so may its clients be, as all are on a full machine: cut, half an answer would be lost. Twice without any sign
 * of life it is frozen.
 *
 * While no other server of the pool is usable its requests wait on: ended, they would be refused, and on a full machine, where
 * every check came too late at once, the next one finds most of them well.
 *
 * Statistics are dear (they were half of what an idle HAProxy costs), so while all of a component's live servers are usable only
 * their number is read. Servers of other pools follow live ones (`track`), and are looked at with them.
 */
export const frozenSessionsScript = `-- Written by the gateway agent; changes made by hand are lost.
local groups = {}

local function find()
  for backend, proxy in pairs(core.backends) do
    local component = string.match(backend, "^live_(.+)$")
    if component then
      local group = { live = proxy, servers = 0, proxies = { proxy }, hung = {} }
      for _ in pairs(proxy.servers) do group.servers = group.servers + 1 end
      for other, follower in pairs(core.backends) do
        local pool, of = string.match(other, "^(%l+)%d*_(.+)$")
        if of == component and (pool == "all" or pool == "detour" or pool == "reserve") then
          group.proxies[#group.proxies + 1] = follower
        end
      end
      groups[#groups + 1] = group
    end
  end
end

local function cut(group)
  local hung = {}
  for _, proxy in ipairs(group.proxies) do
    local pool = proxy:get_stats()
    local elsewhere = pool.act + pool.bck > 0
    for name, server in pairs(proxy.servers) do
      local stats = server:get_stats()
      if string.sub(stats.status, 1, 4) == "DOWN" and tonumber(stats.scur) > 0 then
        local key = stats.pxname .. "/" .. name
        local sign = stats.bout .. "/" .. stats.scur
        local before = group.hung[key]
        local looks = before and before.sign == sign and before.looks + 1 or 0
        if looks >= 2 and elsewhere then server:shut_sess() end
        hung[key] = { sign = sign, looks = looks }
      end
    end
  end
  group.hung = hung
  return next(hung) ~= nil
end

core.register_task(function()
  find()
  local waiting = false
  while true do
    core.msleep(waiting and 400 or 500)
    waiting = false
    for _, group in ipairs(groups) do
      local stats = group.live:get_stats()
      if stats.act + stats.bck < group.servers then
        waiting = cut(group) or waiting
      else
        group.hung = {}
      end
    end
  end
end)
`;
