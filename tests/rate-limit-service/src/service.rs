//! The gRPC service, by hand: one unary method, as `tonic-build` would write it.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use tonic::body::Body;
use tonic::codegen::http::{Request as HttpRequest, Response as HttpResponse};
use tonic::codegen::{BoxFuture, Service};
use tonic::server::{Grpc, NamedService, UnaryService};
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;

use crate::counters::Counters;
use crate::messages::{Code, HeaderValue, RateLimitRequest, RateLimitResponse};

/// `envoy.service.ratelimit.v3.RateLimitService`
#[derive(Clone)]
pub struct RateLimitService {
    /// What it counts with.
    pub counters: Arc<Counters>,
    /// Whether it answers with headers as well (`--rate-limit-headers DRAFT_VERSION_03` of Limitador's server).
    pub tells: bool,
}

impl NamedService for RateLimitService {
    const NAME: &'static str = "envoy.service.ratelimit.v3.RateLimitService";
}

impl Service<HttpRequest<Body>> for RateLimitService {
    type Response = HttpResponse<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: HttpRequest<Body>) -> Self::Future {
        let service = self.clone();
        Box::pin(async move {
            if !request.uri().path().ends_with("/ShouldRateLimit") {
                return Ok(Status::unimplemented("there is one method").into_http());
            }
            let mut grpc = Grpc::new(ProstCodec::<RateLimitResponse, RateLimitRequest>::default());
            Ok(grpc.unary(service, request).await)
        })
    }
}

impl UnaryService<RateLimitRequest> for RateLimitService {
    type Response = RateLimitResponse;
    type Future = BoxFuture<Response<RateLimitResponse>, Status>;

    fn call(&mut self, request: Request<RateLimitRequest>) -> Self::Future {
        let service = self.clone();
        Box::pin(async move { service.should_rate_limit(request.into_inner()).await })
    }
}

impl RateLimitService {
    /// As Limitador's server has it: no domain is no question, and counters that cannot be reached are no verdict.
    async fn should_rate_limit(
        &self,
        request: RateLimitRequest,
    ) -> Result<Response<RateLimitResponse>, Status> {
        if request.domain.is_empty() {
            return Ok(Response::new(RateLimitResponse::default()));
        }
        let charged = self.counters.charge(request).await;
        let mut result = charged.map_err(|_| Status::unavailable("Service unavailable"))?;
        let code = if result.limited { Code::OverLimit } else { Code::Ok };
        let headers = if self.tells { result.response_header() } else { Default::default() };
        Ok(Response::new(RateLimitResponse {
            overall_code: code.into(),
            response_headers_to_add: headers
                .into_iter()
                .map(|(key, value)| HeaderValue { key, value })
                .collect(),
        }))
    }
}
