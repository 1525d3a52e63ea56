-- An Application is as healthy as what it installs.
local health = (obj.status or {}).health
if health == nil or health.status == nil then
  return { status = "Progressing", message = "not yet compared with the cluster" }
end
return { status = health.status, message = health.message or "" }
