-- A database with one of every kind of object that MySQL and MariaDB have. Loaded with: mariadb --default-character-set=utf8mb4 zoo < zoo.sql
SET time_zone = '+00:00';
SET sql_mode = '';
SET foreign_key_checks = 0;

CREATE SEQUENCE ticket START WITH 100 INCREMENT BY 5 CACHE 10;
SELECT NEXTVAL(ticket), NEXTVAL(ticket);
CREATE SEQUENCE rounds START WITH 1 MAXVALUE 3 NOCACHE CYCLE;
SELECT NEXTVAL(rounds), NEXTVAL(rounds), NEXTVAL(rounds), NEXTVAL(rounds);

CREATE TABLE numbers (
  id INT AUTO_INCREMENT PRIMARY KEY,
  t TINYINT, tu TINYINT UNSIGNED, s SMALLINT, m MEDIUMINT, i INT UNSIGNED ZEROFILL, b BIGINT, bu BIGINT UNSIGNED,
  d DECIMAL(65,30), d0 DECIMAL(5,0), f FLOAT, f2 FLOAT(7,2), g DOUBLE, g2 DOUBLE(10,3), bits BIT(13), bit1 BIT(1), flag BOOL
);
INSERT INTO numbers VALUES
  (0, -128, 255, -32768, -8388608, 7, -9223372036854775808, 18446744073709551615, 12345678901234567890123456789012345.123456789012345678901234567890, -99999, 1.1, 1.23, 0.1, 1.234, b'1010101010101', b'1', TRUE),
  (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  (-5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3.4028234663852886e38, 0, 1.7976931348623157e308, 0, b'0', b'0', FALSE),
  (100, 1, 1, 1, 1, 1, 1, 1, 1, 1, 16777217, 0.01, 4.9406564584124654e-324, 0.001, b'1', b'1', 1),
  (101, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0.30000001192092896, 0.01, 123456789.12345678, 0.001, b'1', b'1', 1),
  (102, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1.17549435e-38, 99999.99, -2.2250738585072014e-308, 0.001, 8191, b'1', 1);

CREATE TABLE times (
  id INT PRIMARY KEY, d DATE, t TIME(6), dt DATETIME(6), ts TIMESTAMP(3) NULL, auto_ts TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, y YEAR
);
INSERT INTO times VALUES
  (1, '0000-00-00', '-838:59:59.999999', '0000-00-00 00:00:00', '1970-01-01 00:00:01.001', '2020-10-25 00:30:00', 0000),
  (2, '2024-00-15', '838:59:59.000001', '9999-12-31 23:59:59.999999', '2038-01-19 03:14:07.999', '2020-10-25 01:30:00', 1901),
  (3, NULL, NULL, NULL, NULL, '0000-00-00 00:00:00', 2155), (4, '1000-01-01', '00:00:00', '2024-02-29 12:00:00.000001', '2024-03-31 02:30:00', '2024-03-31 02:30:00', NULL);

CREATE TABLE texts (
  id INT PRIMARY KEY, c CHAR(10), v VARCHAR(200), t TEXT, l LONGTEXT, e ENUM('one','two','with''quote','') , s SET('a','b','c'), j JSON,
  u UUID, i6 INET6, i4 VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin, n NCHAR(3), ci VARCHAR(20) COLLATE utf8mb4_unicode_ci
) DEFAULT CHARSET=utf8mb4 COMMENT='with ''quotes'', a \\ and a\nline end; ünï';
INSERT INTO texts VALUES
  (1, 'pad  ', 'tab\there', 'line\nend\r\nand \\ back\\N', '', 'two', 'a,c', '{"a": [1, 2.50, null], "b": "\\u00e9 \\n"}', '6ccd780c-baba-1026-9564-5b8c656024db', '::ffff:192.0.2.1', 'ascii', 'abc', 'Straße'),
  (2, '', '', '', NULL, '', '', 'null', NULL, NULL, NULL, NULL, NULL),
  (3, NULL, '\\N', 'NULL', '😀🎉 4 bytes', 'with''quote', 'a,b,c', '"😀"', '00000000-0000-0000-0000-000000000000', '::', '', '日本語', 'ß'),
  (4, 'x', 'nul\0byte', '\'quoted" `back` %', REPEAT('long 😀 ', 20000), 'one', 'b', '[]', 'ffffffff-ffff-ffff-ffff-ffffffffffff', '2001:db8::1', 'x', 'é', 'e');
INSERT INTO texts (id, e) VALUES (5, 'nonsense');

CREATE TABLE bytes (
  id VARBINARY(16) PRIMARY KEY, b BINARY(4), v VARBINARY(300) DEFAULT x'00ff27', t TINYBLOB, m MEDIUMBLOB, l LONGBLOB
);
INSERT INTO bytes VALUES (x'', x'00', x'', '', NULL, x'000102090a0d1a22275c80ff'), (x'ff', 'abcd', x'5c4e', '\\N', REPEAT(x'00ff0a', 100000), NULL), (x'00', NULL, NULL, NULL, '', '');

CREATE TABLE shapes (id INT PRIMARY KEY, g GEOMETRY NOT NULL, p POINT, l LINESTRING, SPATIAL INDEX (g));
INSERT INTO shapes VALUES (1, ST_GeomFromText('POINT(1.5 -2.25)'), POINT(1, 2), ST_GeomFromText('LINESTRING(0 0, 1 1, 2 0.1)')),
  (2, ST_GeomFromText('POLYGON((0 0,10 0,10 10,0 10,0 0),(1 1,2 1,2 2,1 1))', 4326), NULL, NULL);

CREATE TABLE latin (id INT PRIMARY KEY, v VARCHAR(50), KEY (v(3))) DEFAULT CHARSET=latin1 COLLATE=latin1_german2_ci;
INSERT INTO latin VALUES (1, 'Grüße €'), (2, CONVERT(x'80818d8f9d9fff' USING latin1));
CREATE TABLE far_east (id INT PRIMARY KEY, s VARCHAR(50) CHARACTER SET sjis, g VARCHAR(50) CHARACTER SET gbk, k VARCHAR(20) CHARACTER SET koi8r, u VARCHAR(20) CHARACTER SET ucs2);
INSERT INTO far_east VALUES (1, _sjis x'8341835c81ca', _gbk x'c4e3bac35c', _koi8r x'f0f2e9f7', 'ucs2 ü'), (2, '', NULL, '~', '');

CREATE TABLE `we``ird /na.me%` (`a``b` INT PRIMARY KEY, `select` INT, `sp ace` VARCHAR(10) DEFAULT 'it''s', `ünï` INT, KEY `k``ey` (`select`));
INSERT INTO `we``ird /na.me%` VALUES (1, 2, 'a', 3);
CREATE TABLE `.hidden` (a INT); INSERT INTO `.hidden` VALUES (3), (1), (2), (1), (NULL);
CREATE TABLE `таблица` (ключ INT PRIMARY KEY, значение VARCHAR(20)); INSERT INTO `таблица` VALUES (1, 'один');
CREATE TABLE empty_one (id INT PRIMARY KEY);

CREATE TABLE computed (
  a INT, b INT, c INT AS (a + b) VIRTUAL, d INT AS (a * b) STORED, e VARCHAR(20) DEFAULT (CONCAT('x', a)), hidden INT INVISIBLE DEFAULT 7,
  id INT AUTO_INCREMENT, n INT DEFAULT NEXTVAL(ticket), PRIMARY KEY (id), UNIQUE (c), CONSTRAINT positive CHECK (a > 0 OR b > 0)
) AUTO_INCREMENT=50;
INSERT INTO computed (a, b, hidden) VALUES (1, 2, 8), (3, 4, 9);
INSERT INTO computed (a, b) VALUES (5, 6);
CREATE TABLE only_computed (c INT AS (1) VIRTUAL); INSERT INTO only_computed VALUES (), (), ();

CREATE TABLE parts (id INT, region VARCHAR(10), PRIMARY KEY (id, region)) PARTITION BY RANGE (id) SUBPARTITION BY KEY (region) SUBPARTITIONS 2
  (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN (20), PARTITION p2 VALUES LESS THAN MAXVALUE);
INSERT INTO parts VALUES (25, 'c'), (5, 'a'), (15, 'b'), (15, 'a'), (-1, '');
CREATE TABLE listed (k INT) PARTITION BY LIST (k) (PARTITION a VALUES IN (1, 2), PARTITION b VALUES IN (NULL, 3));
INSERT INTO listed VALUES (3), (1), (NULL), (2);

CREATE TABLE hen (id INT PRIMARY KEY, egg_id INT, CONSTRAINT hen_egg FOREIGN KEY (egg_id) REFERENCES egg (id) ON DELETE SET NULL);
CREATE TABLE egg (id INT PRIMARY KEY, hen_id INT, CONSTRAINT egg_hen FOREIGN KEY (hen_id) REFERENCES hen (id) ON UPDATE CASCADE);
INSERT INTO hen VALUES (1, 10), (2, NULL); INSERT INTO egg VALUES (10, 1), (11, 2);
CREATE TABLE tree (id INT PRIMARY KEY, parent INT, FOREIGN KEY (parent) REFERENCES tree (id)); INSERT INTO tree VALUES (1, 2), (2, 1);

CREATE TABLE covered (id INT PRIMARY KEY, k INT, KEY (k)); INSERT INTO covered VALUES (1, 3), (2, 2), (3, 1);
CREATE TABLE unique_only (a INT NOT NULL, b INT, UNIQUE KEY (a)); INSERT INTO unique_only VALUES (2, 1), (1, 2);
CREATE TABLE no_key (a INT, b TEXT, KEY (a)); INSERT INTO no_key VALUES (3, 'x'), (1, 'y'), (2, 'z'), (1, 'y');
CREATE TABLE descending (a INT, b INT, PRIMARY KEY (a DESC, b)); INSERT INTO descending VALUES (1, 2), (2, 1), (2, 0);
CREATE TABLE prefixed (a TEXT, b INT, PRIMARY KEY (a(5))); INSERT INTO prefixed VALUES ('zebra', 1), ('ant', 2);

CREATE TABLE searched (id INT PRIMARY KEY, body TEXT, FULLTEXT KEY words (body)) ENGINE=InnoDB; INSERT INTO searched VALUES (1, 'the quick brown fox');
CREATE TABLE old_style (id INT PRIMARY KEY, v VARCHAR(10)) ENGINE=MyISAM; INSERT INTO old_style VALUES (2, 'b'), (1, 'a');
CREATE TABLE aria (v VARCHAR(10)) ENGINE=Aria; INSERT INTO aria VALUES ('b'), ('a');
CREATE TABLE in_memory (id INT PRIMARY KEY) ENGINE=MEMORY; INSERT INTO in_memory VALUES (3), (1);
CREATE TABLE merged_part (id INT NOT NULL, KEY (id)) ENGINE=MyISAM; INSERT INTO merged_part VALUES (1);
CREATE TABLE merged (id INT NOT NULL, KEY (id)) ENGINE=MRG_MyISAM UNION=(merged_part);

CREATE TABLE versioned (id INT PRIMARY KEY, v VARCHAR(20)) WITH SYSTEM VERSIONING;
INSERT INTO versioned VALUES (1, 'first'), (2, 'stays'); UPDATE versioned SET v = 'second' WHERE id = 1; UPDATE versioned SET v = 'third' WHERE id = 1; DELETE FROM versioned WHERE id = 2;
CREATE TABLE versioned_named (x INT, s TIMESTAMP(6) GENERATED ALWAYS AS ROW START, e TIMESTAMP(6) GENERATED ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME (s, e)) WITH SYSTEM VERSIONING;
INSERT INTO versioned_named (x) VALUES (1), (2); DELETE FROM versioned_named WHERE x = 1;
CREATE TABLE booked (id INT, a DATE, b DATE, PERIOD FOR p (a, b)); INSERT INTO booked VALUES (1, '2024-01-01', '2024-02-01');
CREATE TABLE compressed (id INT PRIMARY KEY, t TEXT COMPRESSED) ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=8; INSERT INTO compressed VALUES (1, REPEAT('x', 1000));

CREATE TABLE audit (id INT AUTO_INCREMENT PRIMARY KEY, what VARCHAR(100));
DELIMITER ;;
CREATE TRIGGER hen_added AFTER INSERT ON hen FOR EACH ROW BEGIN
  -- Table structure for table `fake`
  INSERT INTO audit (what) VALUES (CONCAT('DELIMITER ;', NEW.id, ' -- Dumping data for table `x`
-- Dumping data for table `y`
'));
END;;
CREATE TRIGGER hen_added_too AFTER INSERT ON hen FOR EACH ROW FOLLOWS hen_added INSERT INTO audit (what) VALUES ('second');;
CREATE TRIGGER `tri``gger` BEFORE UPDATE ON `we``ird /na.me%` FOR EACH ROW SET NEW.`select` = NEW.`select` + 1;;
SET sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES';;
CREATE PROCEDURE "quo""ted"(IN a INT, OUT b INT) COMMENT 'a b' BEGIN SELECT a + 1 INTO b; SELECT '\' AS "DELIMITER"; END;;
SET sql_mode = '';;
CREATE FUNCTION plus_one(a INT) RETURNS INT DETERMINISTIC SQL SECURITY INVOKER RETURN a + 1;;
CREATE DEFINER=`nobody here`@`%` FUNCTION emoji() RETURNS VARCHAR(10) CHARSET utf8mb4 NO SQL RETURN '😀';;
CREATE AGGREGATE FUNCTION total(x INT) RETURNS INT DETERMINISTIC BEGIN DECLARE s INT DEFAULT 0; DECLARE CONTINUE HANDLER FOR NOT FOUND RETURN s; LOOP FETCH GROUP NEXT ROW; SET s = s + x; END LOOP; END;;
SET sql_mode = 'ORACLE';;
CREATE PACKAGE tools AS FUNCTION twice(a INT) RETURN INT; END;;
CREATE PACKAGE BODY tools AS FUNCTION twice(a INT) RETURN INT AS BEGIN RETURN a * 2; END; END;;
SET sql_mode = '';;
SET NAMES latin1;;
CREATE PROCEDURE in_latin() SELECT 'plain';;
SET NAMES utf8mb4;;
SET time_zone = '+05:00';;
CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01 03:00:00' DISABLE COMMENT 'ünï' DO BEGIN DELETE FROM audit; END;;
SET time_zone = '+00:00';;
CREATE EVENT once ON SCHEDULE AT '2035-06-01 00:00:00' ON COMPLETION PRESERVE DO SET @a = 1;;
DELIMITER ;

CREATE VIEW z_last AS SELECT id AS n, plus_one(id) AS m FROM hen;
CREATE ALGORITHM=MERGE SQL SECURITY INVOKER VIEW a_first AS SELECT n FROM z_last WHERE n > 0 WITH CASCADED CHECK OPTION;
CREATE DEFINER=`nobody here`@`%` VIEW `vi``ew ünï` AS SELECT 'text ünï' AS `c``ol`, `select` FROM `we``ird /na.me%`;
