//! The cases natively: `cargo bench -p micro`, or `cargo bench -p micro -- transform` for some.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};

fn every_case(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("native");
    for mut case in micro::cases() {
        if case.bytes > 0 {
            group.throughput(Throughput::Bytes(case.bytes as u64));
        }
        group.bench_function(&case.name, |bencher| bencher.iter(&mut case.run));
    }
    group.finish();
}

criterion_group!(benches, every_case);
criterion_main!(benches);
