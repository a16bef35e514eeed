//! Counters in Redis, all or none of them charged by one script.

use std::sync::Arc;
use std::time::Duration;

use limitador::CheckResult;
use limitador::counter::Counter;
use limitador::limit::{Context, Limit, Namespace};
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, RedisError, Script};
use tokio::sync::OnceCell;

/// The counter of a window begins with its first hit, and ends by itself.
const CHARGE: &str = r"
local hits = tonumber(ARGV[1])
local answer = { 0 }
for i, key in ipairs(KEYS) do
  local most = tonumber(ARGV[2 * i])
  local count = tonumber(redis.call('GET', key) or '0')
  if count + hits > most then answer[1] = 1 end
  answer[2 * i] = math.max(most - count, 0)
end
for i, key in ipairs(KEYS) do
  if answer[1] == 0 and redis.call('INCRBY', key, hits) == hits then
    redis.call('EXPIRE', key, ARGV[2 * i + 1])
  end
  answer[2 * i + 1] = redis.call('PTTL', key)
end
return answer
";

/// Limits whose counters are in Redis.
pub struct RedisCounters {
    limits: Vec<Arc<Limit>>,
    client: Client,
    connection: OnceCell<ConnectionManager>,
    script: Script,
}

/// A Redis that hangs is one that cannot be reached.
const PATIENCE: Duration = Duration::from_millis(500);
/// One that has gone is looked for again with the next question.
const PAUSE: Duration = Duration::from_millis(20);

impl RedisCounters {
    /// Counts these limits in the Redis of a URL, which need not be there yet.
    pub fn of(limits: Vec<Arc<Limit>>, url: &str) -> Result<RedisCounters, RedisError> {
        let client = Client::open(url)?;
        Ok(RedisCounters { limits, client, connection: OnceCell::new(), script: Script::new(CHARGE) })
    }

    /// The counters that a request touches.
    pub fn touched(&self, namespace: &Namespace, context: &Context<'_>) -> Vec<Counter> {
        let limits = self.limits.iter().filter(|limit| limit.namespace() == namespace);
        let held = limits.filter(|limit| limit.applies(context));
        held.filter_map(|limit| Counter::new(Arc::clone(limit), context).ok().flatten()).collect()
    }

    /// Charges these counters, all or none.
    pub async fn charge(&self, mut counters: Vec<Counter>, hits: u64) -> Result<CheckResult, RedisError> {
        let mut call = self.script.prepare_invoke();
        call.arg(hits);
        for counter in &counters {
            call.key(name(counter)).arg(counter.max_value()).arg(counter.window().as_secs());
        }
        let mut connection = self.connection().await?;
        let answer: Vec<i64> = call.invoke_async(&mut connection).await?;
        let whole = |number: i64| u64::try_from(number).unwrap_or_default();
        let limited = answer.first() == Some(&1);
        for (counter, pair) in counters.iter_mut().zip(answer.get(1..).unwrap_or_default().chunks(2)) {
            if let [remaining, expires_in] = *pair {
                counter.set_remaining(whole(remaining).saturating_sub(if limited { 0 } else { hits }));
                counter.set_expires_in(Duration::from_millis(whole(expires_in)));
            }
        }
        Ok(CheckResult { limited, counters, limit_name: None })
    }

    /// The connection, which is made anew when it breaks.
    async fn connection(&self) -> Result<ConnectionManager, RedisError> {
        let connect = || {
            let config = ConnectionManagerConfig::new()
                .set_connection_timeout(Some(PATIENCE))
                .set_response_timeout(Some(PATIENCE))
                .set_number_of_retries(1)
                .set_max_delay(PAUSE);
            ConnectionManager::new_with_config(self.client.clone(), config)
        };
        self.connection.get_or_try_init(connect).await.cloned()
    }
}

/// The limit and what its variables are for this request, each with its length, so that no two counters have one name.
fn name(counter: &Counter) -> String {
    let limit = counter.limit();
    let mut name = format!("{}/{}", limit.namespace().as_ref(), limit.seconds());
    let mut conditions: Vec<String> = limit.conditions().into_iter().collect();
    conditions.sort_unstable();
    let variables = counter.set_variables().iter().flat_map(|(name, value)| [name.clone(), value.clone()]);
    for part in conditions.into_iter().chain(variables) {
        name.push_str(&format!("/{}:{part}", part.len()));
    }
    name
}
