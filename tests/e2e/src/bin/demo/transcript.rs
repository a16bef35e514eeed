//! What a reader of the demo sees of each request: what was sent, what the service saw, what came back.

use std::net::SocketAddr;

use e2e_tests::{Answer, Request, SeenRequest};
use services::Services;

/// The headers that tell a story; the others are Envoy's and HTTP's everyday business.
const TOLD: [&str; 12] = [
    "allow",
    "cache-control",
    "content-type",
    "retry-after",
    "www-authenticate",
    "x-portcullis-partial",
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
    "x-request-id",
    "x-response-time",
    "location",
];

/// What of a forwarded request is told.
const SEEN: [&str; 5] = ["host", "authorization", "x-user-id", "x-user-role", "x-request-id"];

/// Plays requests, prints them, and counts what was not as expected.
pub struct Transcript<'a> {
    address: SocketAddr,
    /// What stands behind the gateway.
    pub services: &'a Services,
    steps: usize,
    surprises: Vec<String>,
}

/// One answer, and what it took to get it.
pub struct Scene<'a, 'b> {
    transcript: &'a mut Transcript<'b>,
    /// What came back.
    pub answer: Answer,
    /// What reached the services.
    pub seen: Vec<SeenRequest>,
}

impl<'b> Transcript<'b> {
    /// For a gateway on this port.
    pub fn new(port: u16, services: &'b Services) -> Transcript<'b> {
        Transcript {
            address: SocketAddr::from(([127, 0, 0, 1], port)),
            services,
            steps: 0,
            surprises: Vec::new(),
        }
    }

    /// A request to the gateway.
    pub fn request(&self, method: &str, target: &str) -> Request {
        Request::new(self.address, method, target)
    }

    /// Sends one request and shows all of it.
    pub fn scene<'a>(&'a mut self, title: &str, request: &Request) -> Scene<'a, 'b> {
        self.title(title);
        let answer = request.try_send().unwrap_or_default();
        self.show(request, answer)
    }

    /// Sends so many at once, tells how many passed, and shows the last one that was refused.
    pub fn burst<'a>(&'a mut self, title: &str, request: &Request, count: usize) -> (usize, Scene<'a, 'b>) {
        self.title(title);
        let answers = request.volley(count);
        let passed = answers.iter().filter(|answer| answer.status < 400).count();
        println!("   {count} at once: {passed} passed, {} were refused; the last of these:", count - passed);
        let last = answers.into_iter().rfind(|answer| answer.status >= 400);
        (passed, self.show(request, last.unwrap_or_default()))
    }

    /// A line between scenes.
    pub fn say(&self, text: &str) {
        println!("   {text}");
    }

    /// Says how it went.
    pub fn close(&self) -> bool {
        println!();
        for surprise in &self.surprises {
            println!("NOT AS EXPECTED: {surprise}");
        }
        println!("{} scenes, {} not as expected", self.steps, self.surprises.len());
        self.surprises.is_empty()
    }

    fn title(&mut self, title: &str) {
        self.steps += 1;
        println!("\n{}. {title}", self.steps);
    }

    fn show<'a>(&'a mut self, request: &Request, answer: Answer) -> Scene<'a, 'b> {
        let id = answer.header("x-request-id").unwrap_or("none");
        let services = self.services.all();
        let seen: Vec<_> =
            services.iter().flat_map(|service| service.seen().with_header("x-request-id", id)).collect();
        request.to_string().lines().for_each(|line| println!("   > {}", shortened(line, 100)));
        seen.iter().for_each(show_seen);
        if seen.is_empty() {
            println!("     nothing reached a service");
        }
        show_answer(&answer);
        Scene { transcript: self, answer, seen }
    }
}

fn show_seen(seen: &SeenRequest) {
    println!("     {} saw {} {}", seen.service, seen.method, seen.target);
    for name in SEEN {
        seen.headers_named(name).iter().for_each(|value| println!("       {name}: {}", shortened(value, 60)));
    }
}

fn show_answer(answer: &Answer) {
    println!("   < {}", answer.status);
    for (name, value) in answer.headers.iter().filter(|(name, _)| TOLD.contains(&name.as_str())) {
        println!("   < {name}: {value}");
    }
    if !answer.body.is_empty() {
        println!("   < {}", shortened(answer.text().trim_end(), 600));
    }
}

fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most).chain("...".chars()).collect()
}

impl Scene<'_, '_> {
    /// The answer has this status.
    pub fn status(&mut self, status: u16) -> &mut Self {
        let found = self.answer.status;
        self.expect(found == status, &format!("status {status}, not {found}"))
    }

    /// The answer is a refusal with this code.
    pub fn error(&mut self, error: &str) -> &mut Self {
        let text = self.answer.text();
        self.expect(text.contains(&format!("\"error\":\"{error}\"")), &format!("the error {error}"))
    }

    /// The answer has this header.
    pub fn has(&mut self, header: &str) -> &mut Self {
        let there = self.answer.header(header).is_some();
        self.expect(there, &format!("a header {header}"))
    }

    /// The answer's text holds this.
    pub fn tells(&mut self, text: &str) -> &mut Self {
        let told = self.answer.text().contains(text);
        self.expect(told, &format!("{text} in the answer"))
    }

    /// The answer's text does not hold this.
    pub fn hides(&mut self, text: &str) -> &mut Self {
        let hidden = !self.answer.text().contains(text);
        self.expect(hidden, &format!("no {text} in the answer"))
    }

    /// No service was asked.
    pub fn reached_nobody(&mut self) -> &mut Self {
        let nobody = self.seen.is_empty();
        self.expect(nobody, "that nothing reaches a service")
    }

    /// The service saw this header with this value alone, or not at all.
    pub fn saw(&mut self, header: &str, value: Option<&str>) -> &mut Self {
        let wanted: Vec<&str> = value.into_iter().collect();
        let right = self.seen.first().is_some_and(|seen| seen.headers_named(header) == wanted);
        self.expect(right, &format!("that the service sees {header} as {value:?}"))
    }

    /// The service saw this path.
    pub fn saw_path(&mut self, path: &str) -> &mut Self {
        let right = self.seen.first().is_some_and(|seen| seen.target == path);
        self.expect(right, &format!("that the service sees {path}"))
    }

    /// Anything else.
    pub fn expect(&mut self, is_so: bool, what: &str) -> &mut Self {
        if !is_so {
            let surprise = format!("scene {}: expected {what}", self.transcript.steps);
            println!("   !! {surprise}");
            self.transcript.surprises.push(surprise);
        }
        self
    }
}
