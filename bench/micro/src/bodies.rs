//! JSON as services answer with it.

/// A page of users of about `size` bytes, with fields that must not leave the house.
pub(crate) fn users(size: usize) -> Vec<u8> {
    let mut page = String::from(r#"{"internal_id":"pg_1","items":["#);
    for number in 0.. {
        let user = user(number);
        if page.len() + user.len() + 2 > size && number > 0 {
            break;
        }
        page.push_str(if number == 0 { "" } else { "," });
        page.push_str(&user);
    }
    page.push_str("]}");
    page.into_bytes()
}

fn user(number: usize) -> String {
    let bio = r#"Likes \"quotes\", back\\slashes\nand long walks. "#.repeat(1 + number % 3);
    format!(
        r#"{{"id":"usr_{number}","internal_id":{},"name":"Chloé","email_address":"chloe{number}@example.com","db_shard":"eu-{}","#,
        number * 7_919,
        number % 16,
    ) + &format!(
        r#""address":{{"city":"München","zip":"{:05}","db_shard":"geo-2"}},"balance":-{}.5e1,"feature_flags":{{"beta":true,"cohorts":["a"]}},"#,
        number % 100_000,
        number * 13,
    ) + &format!(
        r#""bio":"{bio}","tags":["tag-1","tag-22"],"created_by_admin":false,"active":true,"manager":null}}"#
    )
}
