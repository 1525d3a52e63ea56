-- A verdict as Argo CD's health. What is undecided waits for a person, as a paused Rollout does.
local byVerdict = {
  Promote = "Healthy",
  Abort = "Degraded",
  Inconclusive = "Suspended",
  Error = "Degraded",
}
local status = obj.status or {}
local health = byVerdict[status.verdict]
if health == nil then
  return { status = "Progressing", message = "no verdict yet" }
end
return { status = health, message = status.message or status.reason or status.verdict }
