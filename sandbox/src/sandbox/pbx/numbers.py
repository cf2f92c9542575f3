"""Telephone numbers that nobody has: 555-01xx in many area codes, and our own lines."""

_AREAS = (
    "201 203 205 206 207 208 209 210 212 213 214 215 216 217 218 219 224 225 228 229 231 234 239 "
    "240 248 251 252 253 254 256 260 262 267 269 270 276 281 301 302 303 304 305 307 308 309 310 "
    "312 313 314 315 316 317 318 319 320 321 323 325 330 334 336 337 347 351 352 360 361 386 401 "
    "402 404 405 406 407 408 409 410 412 413 414 415 417 419 423 425 432 434 435 440 443 469 478 "
    "479 480 484 501 502 503 504 505 507 508 509 510 512 513 515 516 517 518 520 530 540 541 559 "
    "561 562 563 567 570 571 573 574 580 585 586 601 602 603 605 606 607 608 609 610 612 614 615"
)
AREA_CODES = _AREAS.split()
LINES = {"billing": "+12025550190", "support": "+12025550191", "sales": "+12025550192"}
INTERNAL = ("+12025550180", "+12025550181")  # colleagues
TEST = ("+12025550185",)  # testers
# Of people who hold the phone in the browser: no customer of a scenario has one of them.
PHONES = tuple(f"+1{area}55501{line:02}" for area in ("718", "917") for line in range(100))
CUSTOMERS = 100 * len(AREA_CODES)


def customer(index: int) -> str:
    """The number of one of `CUSTOMERS` people; neighbours live in different area codes."""
    line, area = divmod(index % CUSTOMERS, len(AREA_CODES))
    return f"+1{AREA_CODES[area]}55501{line:02}"


def spelled(number: str, way: int, *, national: bool = True) -> str:
    """One of the ways in which systems write a North American number; 0 is E.164.

    Without `national` only those that need no default region.
    """
    area, exchange, line = number[2:5], number[5:8], number[8:]
    international = (
        number,
        f"+1 {area}-{exchange}-{line}",
        f"+1 ({area}) {exchange}-{line}",
        f"+1 {area} {exchange} {line}",
        f"+1.{area}.{exchange}.{line}",
    )
    local = (
        f"({area}) {exchange}-{line}",
        f"{area}{exchange}{line}",
        f"1{area}{exchange}{line}",
        f"{area}-{exchange}-{line}",
    )
    ways = international + local if national else international
    return ways[way % len(ways)]
